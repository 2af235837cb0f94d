//! Check: what is wrong with a linkage document's passes, guards and roles, before any token is read.

use std::collections::BTreeMap;
use std::path::Path;

use crate::foundation::{Diagnostic, Diagnostics, Located, did_you_mean};
use crate::linkage::spec::{CrossSpec, GuardSpec, ModelPassSpec, PassSpec, RolesSpec, Unique, Veto};
use crate::linkage::token_word::TokenWord;

/// What a linkage document may refer to.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Each recipe with its domain: its own name, where it declares none.
    pub recipes: BTreeMap<String, String>,
    /// The pipeline's sources; `None` where the document is checked by itself.
    pub sources: Option<Vec<String>>,
}

/// Checks passes, guards and roles against each other and against what is known; findings are pushed, never thrown.
pub fn check(
    passes: &[PassSpec],
    guards: &[GuardSpec],
    roles: &RolesSpec,
    known: &Known,
    file: &Path,
    out: &mut Diagnostics,
) {
    let recipes = Names::of_recipes(file);
    let recipe_names: Vec<&str> = known.recipes.keys().map(String::as_str).collect();
    let guard_names: Vec<&str> = guards.iter().map(|g| g.id.as_str()).collect();
    each_once(passes.iter().map(|p| &p.id), "pass", file, out);
    each_once(guards.iter().map(|g| &g.id), "guard", file, out);
    for pass in passes {
        for name in pass.on.iter().chain(pass.crossed.iter().flat_map(|c| [&c.left, &c.right])) {
            recipes.check(name, &recipe_names, out);
        }
        for cross in &pass.crossed {
            one_domain(cross, known, file, out);
        }
        let guard = Names::of_guards(file);
        for name in &pass.guards {
            guard.check(name, &guard_names, out);
        }
        if let (Some(sources), Some(sides)) = (&known.sources, &pass.sources) {
            let names: Vec<&str> = sources.iter().map(String::as_str).collect();
            let source = Names::of_sources(file);
            for name in sides.left.iter().chain(&sides.right) {
                source.check_softly(name, &names, out);
            }
        }
        pass_alone(pass, file, out);
    }
    for name in role_names(roles) {
        recipes.check(name, &recipe_names, out);
    }
    for guard in guards {
        if let Veto::FirstNamesDiffer { unless_swapped, unless_alike } = &guard.veto {
            let beside = unless_alike.windows(2);
            let beside = beside.map(|two| CrossSpec { left: two[0].clone(), right: two[1].clone() });
            for cross in unless_swapped.iter().cloned().chain(beside) {
                one_domain(&cross, known, file, out);
            }
            let swapped = unless_swapped.iter().flat_map(|cross| [&cross.left, &cross.right]);
            for name in swapped.chain(unless_alike) {
                recipes.check(name, &recipe_names, out);
            }
        }
        if let (Some(sources), Veto::TooYoung { least, .. }) = (&known.sources, &guard.veto) {
            let names: Vec<&str> = sources.iter().map(String::as_str).collect();
            for name in least.keys() {
                Names::of_sources(file).check_softly(&guard.id.with(name.clone()), &names, out);
            }
        }
        for lacking in roles_lacking(&guard.veto, roles) {
            out.push(
                Diagnostic::error("L007", file, format!("guard `{}` needs the role `{lacking}`", *guard.id))
                    .at(&guard.id)
                    .help("say in `roles:` which recipe plays it"),
            );
        }
    }
}

/// Tokens that are compared across must be of one domain.
fn one_domain(cross: &CrossSpec, known: &Known, file: &Path, out: &mut Diagnostics) {
    if let (Some(left), Some(right)) = (known.recipes.get(cross.left.as_str()), known.recipes.get(cross.right.as_str()))
        && left != right
    {
        let message = format!("`{}` and `{}` are tokens of different domains", *cross.left, *cross.right);
        out.push(
            Diagnostic::error("L004", file, message)
                .at(&cross.right)
                .label(format!("domain `{right}`, and the left one `{left}`"))
                .help("tokens of two domains never agree: give one recipe the other's `domain:`"),
        );
    }
}

/// Checks what a document says of its model.
pub fn check_model(
    model: &ModelPassSpec,
    guards: &[GuardSpec],
    roles: &RolesSpec,
    known: &Known,
    file: &Path,
    out: &mut Diagnostics,
) {
    let recipes = Names::of_recipes(file);
    let names: Vec<&str> = known.recipes.keys().map(String::as_str).collect();
    each_once(model.blocking.iter().map(|b| &b.id), "blocking rule", file, out);
    each_once(model.comparisons.iter().map(|c| &c.field), "comparison", file, out);
    let guard = Names::of_guards(file);
    let guard_names: Vec<&str> = guards.iter().map(|g| g.id.as_str()).collect();
    for name in &model.guards {
        guard.check(name, &guard_names, out);
    }
    let mut word = |said: &Located<String>| {
        for token in TokenWord::parse(said).tokens() {
            recipes.check(&said.with(token.to_owned()), &names, out);
        }
        if let TokenWord::With(one, other) = TokenWord::parse(said) {
            let cross = CrossSpec { left: said.with(one.to_owned()), right: said.with(other.to_owned()) };
            one_domain(&cross, known, file, out);
        }
        if let TokenWord::Near(token) = TokenWord::parse(said)
            && roles.ssn.as_ref().is_none_or(|ssn| ssn.as_str() != token)
        {
            let message = format!("which values are near `{token}` is not known");
            out.push(
                Diagnostic::error("L011", file, message).at(said).help("only the SSN of `roles:` has a neighbourhood"),
            );
        }
    };
    for rule in &model.blocking {
        rule.on.iter().for_each(&mut word);
    }
    for comparison in &model.comparisons {
        word(&comparison.field);
        comparison.unless.iter().for_each(&mut word);
        comparison.levels.iter().for_each(&mut word);
    }
    model_alone(model, file, out);
}

/// What is wrong with a model whatever tokens there are.
fn model_alone(model: &ModelPassSpec, file: &Path, out: &mut Diagnostics) {
    let mut wrong = |at: &Located<String>, message: String, help: &str| {
        out.push(Diagnostic::error("L012", file, message).at(at).help(help));
    };
    for (what, none) in [("blocking rule", model.blocking.is_empty()), ("comparison", model.comparisons.is_empty())] {
        if none {
            wrong(&model.id, format!("the model has no {what}"), "without it nothing can be learnt");
        }
    }
    for rule in &model.blocking {
        let near = rule.on.iter().any(|word| matches!(TokenWord::parse(word), TokenWord::Near(_)));
        let with = rule.on.iter().any(|word| matches!(TokenWord::parse(word), TokenWord::With(..)));
        if rule.on.is_empty() || rule.max_pairs == 0 {
            let message = format!("blocking rule `{}` makes no pair", *rule.id);
            wrong(&rule.id, message, "name tokens in `on:`, and let `max_pairs` be above 0");
        }
        if with || near && rule.on.len() > 1 {
            let message = format!("blocking rule `{}` cannot be looked up", *rule.id);
            wrong(&rule.id, message, "a rule is on tokens that both records share, or on `near ssn` alone");
        }
    }
    for comparison in &model.comparisons {
        let own = comparison.levels.iter().position(|level| level.trim() == comparison.field.as_str());
        if own.is_none() || comparison.frequencies && own != Some(0) {
            let message = format!("the comparison of `{}` does not begin with the token itself", *comparison.field);
            let help = "levels stand from best to least, the token itself among them; first where `frequencies` count";
            wrong(&comparison.field, message, help);
        }
        for (at, level) in comparison.levels.iter().enumerate() {
            if comparison.levels[..at].iter().any(|before| before.trim() == level.trim()) {
                wrong(level, format!("the level `{}` stands twice", level.trim()), "its pairs are taken by the first");
            }
        }
    }
    let patterns = model.comparisons.iter().try_fold(1_u64, |all, c| all.checked_mul(c.levels.len() as u64 + 2));
    if patterns.is_none() || model.comparisons.len() > 60 {
        let message = "the comparisons have more levels together than a model can hold".to_owned();
        wrong(&model.id, message, "leave out what says least");
    }
    let decide = model.decide;
    if !(decide.false_links > 0.0 && decide.false_links < 1.0 && decide.review > 0.0 && decide.review < 1.0) {
        let message = "`false_links` and `review` lie between 0 and 1".to_owned();
        wrong(&model.id, message, "the defaults are 0.005 and 0.5");
    }
}

fn pass_alone(pass: &PassSpec, file: &Path, out: &mut Diagnostics) {
    if pass.on.is_empty() && pass.crossed.is_empty() {
        out.push(
            Diagnostic::error("L005", file, format!("pass `{}` compares nothing", *pass.id))
                .at(&pass.id)
                .help("name recipes in `on:` or `crossed:`"),
        );
    }
    if pass.requires_unique == Unique::OneEachSide && pass.sources.is_none() && pass.crossed.is_empty() {
        out.push(
            Diagnostic::error(
                "L006",
                file,
                format!("pass `{}` asks for one person each side, but has no sides", *pass.id),
            )
            .at(&pass.id)
            .help("give `sources: { left: [...], right: [...] }`, or ask for `unopposed`"),
        );
    }
}

fn each_once<'a>(names: impl Iterator<Item = &'a Located<String>>, what: &str, file: &Path, out: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        if let Some(line) = seen.get(name.as_str()) {
            out.push(
                Diagnostic::error("L008", file, format!("{what} `{}` stands twice", **name))
                    .at(name)
                    .label(format!("first at line {line}"))
                    .help("the match log names it, so give each its own id"),
            );
        } else {
            seen.insert(name.as_str(), name.line);
        }
    }
}

fn role_names(roles: &RolesSpec) -> impl Iterator<Item = &Located<String>> {
    let single = [&roles.ssn, &roles.id, &roles.suffix].into_iter().flatten();
    single
        .chain(&roles.first)
        .chain(&roles.first_loose)
        .chain(&roles.last)
        .chain(&roles.birth_date)
        .chain(&roles.evidence)
}

fn roles_lacking(veto: &Veto, roles: &RolesSpec) -> Vec<&'static str> {
    let single = |role: &Option<Located<String>>, name| role.is_none().then_some(name);
    let list = |role: &[Located<String>], name| role.is_empty().then_some(name);
    let lacking: &[Option<&'static str>] = match veto {
        Veto::SsnConflict { .. } => &[single(&roles.ssn, "ssn")],
        Veto::IssuerConflict { .. } | Veto::IdsDiffer {} => &[single(&roles.id, "id")],
        Veto::FirstNamesDiffer { .. } => &[list(&roles.first, "first")],
        Veto::Twins { .. } | Veto::PeopleDiffer { .. } => {
            &[list(&roles.first, "first"), list(&roles.last, "last"), list(&roles.birth_date, "birth_date")]
        }
        Veto::SuffixConflict {} => &[single(&roles.suffix, "suffix")],
        Veto::ImplausibleAge { .. } | Veto::TooYoung { .. } | Veto::ClusterSize { .. } => &[],
    };
    lacking.iter().flatten().copied().collect()
}

struct Names<'a> {
    file: &'a Path,
    code: &'static str,
    what: &'static str,
    help: &'static str,
}

impl<'a> Names<'a> {
    fn of_recipes(file: &'a Path) -> Self {
        Self { file, code: "L001", what: "token that no recipe makes", help: "tokens are declared in `tokens:`" }
    }

    fn of_guards(file: &'a Path) -> Self {
        Self { file, code: "L002", what: "guard that is not declared", help: "guards are declared in `guards:`" }
    }

    fn of_sources(file: &'a Path) -> Self {
        let what = "source that the pipeline does not have";
        Self { file, code: "L003", what, help: "sources are declared in the pipeline" }
    }

    fn finding(&self, name: &Located<String>, known: &[&str]) -> Option<Diagnostic> {
        if known.contains(&name.as_str()) {
            return None;
        }
        let near = did_you_mean(name, known.iter().copied());
        let finding = Diagnostic::error(self.code, self.file, format!("`{}` is a {}", **name, self.what)).at(name);
        Some(finding.label(near.map(|n| format!("did you mean `{n}`?")).unwrap_or_default()).help(self.help))
    }

    fn check(&self, name: &Located<String>, known: &[&str], out: &mut Diagnostics) {
        if let Some(finding) = self.finding(name, known) {
            out.push(finding);
        }
    }

    /// As a warning: one linkage document serves pipelines that lack some of its sources.
    fn check_softly(&self, name: &Located<String>, known: &[&str], out: &mut Diagnostics) {
        if let Some(mut finding) = self.finding(name, known) {
            finding.severity = crate::foundation::Severity::Warning;
            out.push(finding);
        }
    }
}
