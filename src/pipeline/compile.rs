//! Compiling: every statement planned against the declared columns, every expression typed, every order and zone settled, before data is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::LogicalPlan;

use crate::contract::spec::{ColumnSpec, Sector};
use crate::engine::predicate::Predicate;
use crate::engine::{Engine, Limits, arithmetic, reproducible};
use crate::foundation::{Diagnostic, Diagnostics, Sensitivity, Zone};
use crate::pipeline::compiled::Compiled;
use crate::pipeline::mart::Mart;
use crate::pipeline::project::Project;
use crate::pipeline::request_document::Request;
use crate::pipeline::sql::{NO_TABLE, Statement, complaint};
use crate::pipeline::tables::OWN_IDS;
use crate::pipeline::{check_contract, check_linkage, linkage_gate, organizations, source_reach, tables};
use crate::rules::{Rule, RuleTable};

/// Checks a whole project. All findings come together; where a document could not be read, what only misses its table is left for the next check.
pub async fn compile(project: &Project, found: &mut Diagnostics) -> Compiled {
    // The tables that nothing makes for that reason: what a file would have made is called as the file is.
    let mut unmade: BTreeSet<String> =
        found.sorted().into_iter().filter_map(|d| Some(d.place.file.file_stem()?.to_str()?.to_owned())).collect();
    if crate::rules::tables(&project.rules).is_err() {
        unmade.extend(project.rules.iter().map(|rule| rule.spec.rule.value.clone()));
    }
    let mut findings = Diagnostics::default();
    let compiled = check_all(project, &mut findings).await;
    findings.leave_out(|d| {
        let misses = d.code == "M023" || d.message.starts_with(NO_TABLE);
        misses && d.message.split('`').nth(1).is_some_and(|table| unmade.contains(table))
    });
    found.extend(findings);
    compiled
}

async fn check_all(project: &Project, found: &mut Diagnostics) -> Compiled {
    check_contract::check(project, found);
    check_linkage::check(project, found);
    linkage_gate::check(project, found);
    source_reach::check(project, found);
    organizations::check(project, found);
    let mut compiled = Compiled::default();
    let limits = Limits { threads: 1, ..Limits::default() };
    let engine = match Engine::new(limits) {
        Ok(engine) => engine,
        Err(error) => {
            found.push(Diagnostic::error("P900", &project.file, error.to_string()));
            return compiled;
        }
    };
    expressions(project, &engine, found);
    let mut known = Vec::new();
    for (source, contract) in &project.contracts {
        register(&engine, source, &tables::linked(contract), &project.file, found);
        known.push(source.clone());
    }
    register(&engine, tables::PERSON_LINK, &tables::person_link(), &project.file, found);
    register(&engine, tables::PERSON_CHANGE, &tables::person_change(), &project.file, found);
    register(&engine, tables::SOURCE_REACH, &source_reach::schema(), &project.file, found);
    known.extend([tables::PERSON_LINK, tables::PERSON_CHANGE, tables::SOURCE_REACH].map(str::to_owned));
    zones_of_sources(project, &mut compiled);
    rules(project, &engine, &mut known, &mut compiled, found).await;
    if project.names_own_learners() {
        compiled.zones.push((OWN_IDS.to_owned(), Zone::Restricted));
    }
    for mart in &project.marts {
        compiled.zones.push((format!("mart {}", mart.name()), mart.zone()));
    }
    let (over, of_rules): (Vec<&Mart>, Vec<&Mart>) = project.marts.iter().partition(|mart| mart.spec.is_over_marts());
    for marts in [of_rules, over] {
        for mart in &marts {
            check_mart(mart, &engine, &known, found).await;
            compared(mart, project, found);
        }
        for mart in marts {
            if known.iter().any(|name| name == mart.name()) {
                let message = format!("mart `{}` has the name of a source or of a rule table", mart.name());
                let d = Diagnostic::error("M025", &mart.spec_file, message).at(&mart.spec.mart);
                found.push(d.help("call it otherwise: SQL could not tell them apart"));
            }
            register(&engine, mart.name(), &mart.schema(), &mart.spec_file, found);
            known.push(mart.name().to_owned());
        }
    }
    for request in &project.requests {
        compiled.zones.push((format!("request {}", request.name()), Zone::Restricted));
        check_request(project, request, &engine, &known, found).await;
    }
    headlines(project, &engine, &known, found).await;
    compiled
}

fn register(engine: &Engine, table: &str, schema: &SchemaRef, file: &Path, found: &mut Diagnostics) {
    if let Err(error) = engine.register_empty(table, SchemaRef::clone(schema)) {
        found.push(Diagnostic::error("P900", file, error.to_string()));
    }
}

fn zones_of_sources(project: &Project, compiled: &mut Compiled) {
    for source in project.pipeline.sources.keys() {
        compiled.zones.push((format!("accepted {source}"), Zone::Restricted));
    }
    for dataset in ["identity records", "tokens", "person index"] {
        compiled.zones.push((dataset.to_owned(), Zone::Restricted));
    }
    compiled.zones.push(("match log".to_owned(), Zone::Audit));
    for source in project.pipeline.sources.keys() {
        compiled.zones.push((format!("linked {source}"), Zone::Linked));
    }
}

fn expressions(project: &Project, engine: &Engine, found: &mut Diagnostics) {
    for (source, contract) in &project.contracts {
        let file = project.contract_file(source);
        let schema = tables::typed(contract);
        for check in &contract.checks {
            if let Err(error) = Predicate::compile(engine, &check.expect, &schema) {
                let known: Vec<String> = Vec::new();
                let statement = Statement { file: &file, line: check.expect.line, text: &check.expect, tables: &known };
                let d = complaint("C020", statement, &error).at(&check.expect);
                found.push(d.help(format!(
                    "rule {}: an expression over the contract's columns, true where a row is right",
                    *check.id
                )));
            }
        }
    }
}

async fn rules(
    project: &Project,
    engine: &Engine,
    known: &mut Vec<String>,
    compiled: &mut Compiled,
    found: &mut Diagnostics,
) {
    let all = match crate::rules::tables(&project.rules) {
        Ok(all) => all,
        Err(diagnostics) => {
            found.extend(diagnostics);
            return;
        }
    };
    let by_name: BTreeMap<&str, &RuleTable<'_>> = all.iter().map(|t| (t.name, t)).collect();
    for rule in &project.rules {
        within(rule, &by_name, found);
    }
    let mut everything = known.clone();
    everything.extend(by_name.keys().map(|n| (*n).to_owned()));
    let mut order = Vec::new();
    let mut state = BTreeMap::new();
    let mut circles = Diagnostics::default();
    for name in by_name.keys() {
        visit(name, &by_name, &mut state, &mut Vec::new(), &mut order, &mut circles);
    }
    if circles.has_errors() {
        // In a circle no table can be planned before the others; what stands behind them is planned on what they declare.
        found.extend(circles);
        for table in &all {
            register(engine, table.name, &table.schema(), &project.file, found);
            known.push(table.name.to_owned());
        }
        return;
    }
    for name in order {
        let table = by_name[name.as_str()];
        if known.contains(&name) {
            let rule = table.versions[0];
            let message = format!("rule table `{name}` has the name of a source");
            let d = Diagnostic::error("R027", &rule.file, message).at(&rule.spec.rule);
            found.push(d.help("call it otherwise: SQL could not tell them apart"));
        }
        for rule in &table.versions {
            check_rule(rule, engine, &everything, found).await;
        }
        register(engine, &name, &table.schema(), &project.file, found);
        known.push(name.clone());
        compiled.zones.push((format!("rule table {name}"), table.versions[0].spec.zone));
        compiled.rule_order.push(name);
    }
}

/// Whether the tables in which a rule's rows must be found are there, and the columns by which in both.
fn within(rule: &Rule, all: &BTreeMap<&str, &RuleTable<'_>>, found: &mut Diagnostics) {
    for (table, on) in &rule.spec.within {
        let Some(other) = all.get(table.as_str()) else {
            let message = format!("no rule makes the table `{table}` in which the rows must be found");
            found.push(Diagnostic::error("R026", &rule.file, message).at(&rule.spec.rule).help("correct `within:`"));
            continue;
        };
        for column in on {
            if rule.schema().index_of(column).is_err() || other.schema().index_of(column).is_err() {
                let message = format!("`{}` is no column of both `{}` and `{table}`", **column, *rule.spec.rule);
                found.push(Diagnostic::error("R026", &rule.file, message).at(column));
            }
        }
    }
}

/// Depth-first, so that each table comes after those it reads; a way back to a table on the path is a cycle.
fn visit<'a>(
    name: &'a str,
    all: &BTreeMap<&'a str, &RuleTable<'a>>,
    state: &mut BTreeMap<&'a str, bool>,
    path: &mut Vec<&'a str>,
    order: &mut Vec<String>,
    found: &mut Diagnostics,
) {
    match state.get(name) {
        Some(true) => return,
        Some(false) => {
            let from = path.iter().position(|p| *p == name).unwrap_or(0);
            let round: Vec<&str> = path[from..].iter().copied().chain([name]).collect();
            let rule = all[name].versions[0];
            found.push(
                Diagnostic::error(
                    "P020",
                    &rule.file,
                    format!("the tables read each other in a circle: {}", round.join(" -> ")),
                )
                .at(&rule.spec.rule)
                .help("let one of them read what the other is made from"),
            );
            return;
        }
        None => {}
    }
    let Some(table) = all.get(name) else { return };
    state.insert(name, false);
    path.push(name);
    for read in table.reads().unwrap_or_default() {
        if let Some((next, _)) = all.get_key_value(read.as_str()) {
            visit(next, all, state, path, order, found);
        }
    }
    path.pop();
    state.insert(name, true);
    if !order.iter().any(|o| o == name) {
        order.push(name.to_owned());
    }
}

async fn check_rule(rule: &Rule, engine: &Engine, known: &[String], found: &mut Diagnostics) {
    let bound = rule.bound();
    let statement = Statement { file: &rule.file, line: rule.body_line, text: &bound, tables: known };
    let plan = match engine.plan(&rule.spec.id, &bound).await {
        Ok(plan) => plan,
        Err(error) => return found.push(complaint("R020", statement, &error)),
    };
    not_reproducible(&plan, statement, found);
    let made: Vec<&str> = plan.schema().fields().iter().map(|f| f.name().as_str()).collect();
    for column in &rule.spec.columns {
        if !made.contains(&column.name.as_str()) {
            let d = Diagnostic::error("R021", &rule.file, format!("the SQL makes no column `{}`", *column.name));
            found.push(d.at(&column.name).help(format!("it makes: {}", made.join(", "))));
        }
    }
    for name in &made {
        if !rule.spec.columns.iter().any(|c| c.name.as_str() == *name) {
            let d = Diagnostic::error("R022", &rule.file, format!("column `{name}` has no dictionary entry"));
            found.push(d.at_place(rule.body_line, 0, 0).help("add it to `columns:` with a type and a label"));
        }
    }
    for column in &rule.spec.columns {
        if !rule.spec.zone.admits(column.sensitivity) {
            let message = format!("column `{}` may not stand in the {} zone", *column.name, rule.spec.zone);
            found.push(
                Diagnostic::error("R023", &rule.file, message)
                    .at(&column.name)
                    .help("leave it out, or derive what may travel"),
            );
        }
    }
}

/// What a statement does that is not reproducible, and arithmetic that is hardly meant.
fn not_reproducible(plan: &LogicalPlan, statement: Statement<'_>, found: &mut Diagnostics) {
    for fault in arithmetic::faults(plan) {
        let (what, todo) = fault.split_once("; ").unwrap_or((fault.as_str(), ""));
        let d = Diagnostic::error("P031", statement.file, format!("not a fraction: {what}"));
        found.push(d.at_place(statement.line + line_of_quotient(statement.text, what), 0, 0).help(todo));
    }
    for fault in reproducible::faults(plan) {
        let (what, todo) = fault.split_once("; ").unwrap_or((fault.as_str(), ""));
        let word = what.split(['(', ' ']).next().unwrap_or_default().to_lowercase();
        let line = statement.text.lines().position(|l| l.to_lowercase().contains(&word)).unwrap_or(0);
        let d = Diagnostic::error("P030", statement.file, format!("not reproducible: {what}"));
        found.push(d.at_place(statement.line + line, 0, 0).help(todo));
    }
}

/// The line, from 0, on which a quotient stands; the first where none is found. The plan says what is divided, and not where: the line is that of a `/` with the
/// name of the divisor behind it.
fn line_of_quotient(text: &str, what: &str) -> usize {
    let divisor = what.split(" / ").nth(1).unwrap_or_default();
    let divisor = divisor.split(['(', ' ', ')']).find(|word| !word.is_empty()).unwrap_or_default();
    let divisor = divisor.rsplit('.').next().unwrap_or_default().trim_matches('"').to_lowercase();
    let behind = |line: &str| {
        let line = line.to_lowercase();
        line.split('/').skip(1).any(|rest| {
            rest.trim_start().starts_with(&divisor) || rest.split([' ', '(', ')', ',', '.']).any(|w| w == divisor)
        })
    };
    text.lines().position(behind).unwrap_or(0)
}

/// Whether a request's SQL can be planned and makes what its form takes, and whether its learners can be named.
async fn check_request(
    project: &Project,
    request: &Request,
    engine: &Engine,
    known: &[String],
    found: &mut Diagnostics,
) {
    let (spec, file) = (&request.spec, &request.spec_file);
    let statement = Statement { file: &request.sql_file, line: 1, text: &request.sql, tables: known };
    let made = match engine.plan(request.name(), &request.sql).await {
        Ok(plan) => {
            not_reproducible(&plan, statement, found);
            Some(plan.schema().fields().iter().map(|f| f.name().clone()).collect::<Vec<_>>())
        }
        Err(error) => {
            found.push(complaint("Q005", statement, &error));
            None
        }
    };
    let made: Option<Vec<&str>> = made.as_ref().map(|made| made.iter().map(String::as_str).collect());
    found.extend(crate::clearinghouse::check(spec, made.as_deref(), file));
    let named = |source: &&str| !project.pipeline.sources[*source].tokenized;
    if project.person_sources().filter(named).all(|source| source != spec.identity.as_str()) {
        let message = format!("`{}` is no source that names persons in clear", *spec.identity);
        let d = Diagnostic::error("Q004", file, message).at(&spec.identity);
        let named: Vec<&str> = project.person_sources().filter(named).collect();
        found.push(match crate::foundation::did_you_mean(&spec.identity, named.iter().copied()) {
            Some(near) => d.label(format!("did you mean `{near}`?")),
            None => d.help(format!("there are: {}", named.join(", "))),
        });
    }
}

/// The summary's headlines, each a statement of two numbers, and what it says is to know, each a statement of one.
async fn headlines(project: &Project, engine: &Engine, known: &[String], found: &mut Diagnostics) {
    let headlines = project.pipeline.headlines.iter().map(|h| ("headline", &h.says, &h.sql, 2));
    let notices = project.pipeline.to_know.iter().map(|n| ("notice", &n.says, &n.sql, 1));
    for (kind, says, sql, numbers) in headlines.chain(notices) {
        let statement = Statement { file: &project.file, line: sql.line, text: sql, tables: known };
        match engine.plan(says, sql).await {
            Ok(plan) if plan.schema().fields().len() == numbers => {}
            Ok(plan) => {
                let message = format!("{kind} `{says}` gives {} columns", plan.schema().fields().len());
                let help = if numbers == 2 { "give the numerator, then the denominator" } else { "give one number" };
                found.push(Diagnostic::error("P041", &project.file, message).at(sql).help(help));
            }
            Err(error) => found.push(complaint("P040", statement, &error).at(sql)),
        }
    }
}

/// Whether the SQL of a mart makes every column that its document names.
fn made_columns(mart: &Mart, made: &[&str], found: &mut Diagnostics) {
    let spec = &mart.spec;
    let flags = spec.measures.iter().filter_map(|m| m.flag.as_ref());
    let medians = spec.medians.iter().flat_map(|m| Some(&m.of).into_iter().chain(&m.flag));
    let rules = spec.rates.iter().flat_map(|r| [&r.rule.id, &r.rule.version]);
    let columns = spec.columns.iter().map(|c| &c.name).chain(spec.dimensions.iter().map(|d| &d.name));
    let person = Some(&spec.person).filter(|_| !spec.is_over_marts());
    for name in columns.chain(flags).chain(medians).chain(rules).chain(person) {
        if !made.contains(&name.as_str()) {
            let d =
                Diagnostic::error("M021", &mart.spec_file, format!("the SQL makes no column `{}`", **name)).at(name);
            found.push(match crate::foundation::did_you_mean(name, made.iter().copied()) {
                Some(near) => d.label(format!("did you mean `{near}`?")),
                None => d.help(format!("it makes: {}", made.join(", "))),
            });
        }
    }
}

/// Whether a table knows no person: a reference source, or a table of rules that is made of such tables alone.
fn knows_no_person(project: &Project, rules: &[RuleTable<'_>], name: &str, path: &mut Vec<String>) -> bool {
    if let Some(contract) = project.contracts.get(name) {
        let column = |c: &ColumnSpec| c.identity.is_none() && c.sensitivity == Sensitivity::None;
        return contract.sector == Sector::Reference && contract.columns.iter().all(column);
    }
    let Some(table) = rules.iter().find(|table| table.name == name) else { return false };
    if path.iter().any(|above| above == name) {
        return false;
    }
    path.push(name.to_owned());
    let reads = table.reads().unwrap_or_else(|_| vec![String::new()]);
    let none = reads.iter().all(|read| knows_no_person(project, rules, read, path));
    path.pop();
    none
}

/// Whether a mart over marts compares what knows no person, and reads nothing else: whatever names a person is out of its reach.
fn compared(mart: &Mart, project: &Project, found: &mut Diagnostics) {
    let cells = || project.marts.iter().filter(|m| m.spec.is_cells()).map(Mart::name);
    let rules = crate::rules::tables(&project.rules).unwrap_or_default();
    for name in &mart.spec.over {
        let of_cells = cells().any(|known| known == name.as_str());
        if !of_cells && !knows_no_person(project, &rules, name, &mut Vec::new()) {
            let message = format!("`{}` is neither a mart of cells nor a table that knows no person", **name);
            let d = Diagnostic::error("M023", &mart.spec_file, message).at(name);
            found.push(match crate::foundation::did_you_mean(name, cells()) {
                Some(near) => d.label(format!("did you mean `{near}`?")),
                None => d.help(
                    "name a mart of cells that stands under `marts:` of the pipeline, a reference source, or a table that rules make of such sources",
                ),
            });
        }
    }
    for read in mart.reads().unwrap_or_default() {
        if mart.spec.is_over_marts() && !mart.spec.over.iter().any(|name| **name == read) {
            let message = format!("a mart over marts reads `{read}`, which `over:` does not name");
            found.push(
                Diagnostic::error("M024", &mart.sql_file, message).help("it reads what `over:` names and nothing else"),
            );
        }
    }
}

async fn check_mart(mart: &Mart, engine: &Engine, known: &[String], found: &mut Diagnostics) {
    found.extend(crate::marts::check(&mart.spec, &mart.spec_file));
    let statement = Statement { file: &mart.sql_file, line: 1, text: &mart.sql, tables: known };
    match engine.plan(mart.name(), &mart.sql).await {
        Ok(plan) => {
            not_reproducible(&plan, statement, found);
            let made: Vec<&str> = plan.schema().fields().iter().map(|f| f.name().as_str()).collect();
            made_columns(mart, &made, found);
        }
        Err(error) => found.push(complaint("M020", statement, &error)),
    }
    for identity in &mart.spec.identities {
        if let Err(error) = Predicate::compile(engine, &identity.expect, &mart.schema()) {
            let none: Vec<String> = Vec::new();
            let line = identity.expect.line;
            let statement = Statement { file: &mart.spec_file, line, text: &identity.expect, tables: &none };
            let d = complaint("M022", statement, &error).at(&identity.expect);
            found.push(d.help("an expression over the mart's columns, true in every row"));
        }
    }
    if mart.zone() == Zone::Public {
        let d = Diagnostic::error("M030", &mart.spec_file, format!("mart `{}` is in the public zone", mart.name()));
        found.push(d.help("until disclosure control exists, cells are released in the research zone only"));
    }
}
