//! Every query of a plan held against what memory finds, over a crowd in which everything collides with everything.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::linkage::fixture::{batches, statewide};
use crate::linkage::model::{Beforehand, Blocking, Comparisons, Frequencies, Part, Sample, Scope, Scorer, train};
use crate::linkage::oracle::crowd;
use crate::linkage::{Grouping as _, InMemory, TokenTable, modelled, plan};

/// The table `tokens`, to be asked.
struct Asked {
    runtime: tokio::runtime::Runtime,
    context: SessionContext,
}

impl Asked {
    fn new(batches: Vec<RecordBatch>) -> Self {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(3));
        let tokens = MemTable::try_new(batches[0].schema(), vec![batches]).unwrap();
        context.register_table("tokens", Arc::new(tokens)).unwrap();
        for function in plan::functions() {
            context.register_udf(function);
        }
        Self { runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(), context }
    }

    fn answer(&self, sql: &str) -> Vec<RecordBatch> {
        self.runtime.block_on(async { self.context.sql(sql).await.unwrap().collect().await.unwrap() })
    }
}

#[test]
fn the_query_finds_the_groups_that_memory_finds() {
    let document = statewide();
    let rules = document.rules();
    let records = crowd();
    let batches = batches(&document, &records, 11);
    let table = TokenTable::from_batches(&batches, &rules).unwrap();
    let tokens = Asked::new(batches);
    let mut found = 0;
    for pass in &rules.passes {
        let sql = plan::group_sql(pass, &rules, "tokens");
        let answer = tokens.answer(&sql);
        let groups = plan::read_groups(&table, &answer).unwrap();
        assert_eq!(groups, InMemory(&table).groups(pass).unwrap(), "{}", pass.id);
        found += usize::from(!groups.is_empty());
    }
    assert!(found >= 20, "only {found} passes have groups");
}

#[test]
fn the_query_finds_the_pairs_that_memory_finds() {
    let document = statewide();
    let mut rules = document.rules_with_model();
    let records = crowd();
    let batches = batches(&document, &records, 11);
    let table = TokenTable::from_batches(&batches, &rules).unwrap();
    let tokens = Asked::new(batches);
    let mut model = rules.model.take().unwrap();
    assert!(model.blocking.iter().any(|rule| matches!(rule.parts[..], [Part::Near(_)])));
    for most in [u64::MAX >> 1, 3] {
        model.blocking.iter_mut().for_each(|rule| rule.most = most);
        let rows: Vec<u32> = (0..u32::try_from(table.len()).unwrap()).collect();
        let of_model = modelled::records(&table, &rules, &model, &rows);
        let blocking = Blocking::new(&of_model, &model.blocking, Scope::Both, 2);
        let step = |(): &mut (), pairs: &mut Vec<(u32, u32)>, a: u32, b: u32| pairs.push((a, b));
        let walked = blocking.walk(2, true, |_| Sample::ALL, || (), step);
        let mut expected: Vec<(usize, u32, u32)> =
            walked.into_iter().flat_map(|(rule, pairs)| pairs.into_iter().map(move |(a, b)| (rule, a, b))).collect();
        expected.sort_unstable();
        let sql = plan::pair_sql(&model, &rules, "tokens");
        let answer = tokens.answer(&sql);
        assert_eq!(plan::read_pairs(&table, &answer).unwrap(), expected, "{most}");
        assert!(expected.len() > 20 && expected.iter().any(|pair| pair.0 > 3), "{most}: {}", expected.len());
    }
}

#[test]
fn the_queries_compare_and_weigh_as_memory_does() {
    let document = statewide();
    let rules = document.rules_with_model();
    let mut model = rules.model.clone().unwrap();
    // A comparison that another makes idle is one of what a state may declare.
    let date = model.comparisons.iter().find(|c| c.name == "birth_date").unwrap().field;
    model.comparisons.iter_mut().find(|c| c.name == "sex").unwrap().unless = Some(date);
    let records = crowd();
    let batches = batches(&document, &records, 11);
    let table = TokenTable::from_batches(&batches, &rules).unwrap();
    let tokens = Asked::new(batches);
    let rows: Vec<u32> = (0..u32::try_from(table.len()).unwrap()).collect();
    let of_model = modelled::records(&table, &rules, &model, &rows);
    let comparisons = Comparisons::new(&of_model, &model.comparisons);
    let blocking = Blocking::new(&of_model, &model.blocking, Scope::Both, 2);

    // What a model learns from: the patterns of each rule, pairs that several rules make in each.
    let step = |memories: &mut _, patterns: &mut Vec<u64>, a: u32, b: u32| {
        patterns.push(comparisons.pattern(memories, a, b));
    };
    let walked = blocking.walk(2, false, |_| Sample::ALL, || comparisons.memories(), step);
    let mut expected: Vec<Vec<u64>> = model.blocking.iter().map(|_| Vec::new()).collect();
    for (rule, patterns) in walked {
        expected[rule].extend(patterns);
    }
    for (rule, mut patterns) in expected.into_iter().enumerate() {
        patterns.sort_unstable();
        let counted: Vec<(u64, u64)> = patterns.chunk_by(|a, b| a == b).map(|run| (run[0], run.len() as u64)).collect();
        let answer = tokens.answer(&plan::pattern_sql(&model, &rules, "tokens", rule));
        assert_eq!(plan::read_patterns(&model, &answer).unwrap(), counted, "{}", model.blocking[rule].id);
        assert!(!counted.is_empty(), "{} makes no pair here", model.blocking[rule].id);
    }

    let trained = train(&of_model, &comparisons, &blocking, Scope::Both, 2, &Beforehand::default()).unwrap();
    let scorer = Scorer::new(&of_model, &comparisons, &trained, &Frequencies::of(&of_model, &model.comparisons));
    let (mut expected, compared) = scorer.pairs(&blocking, i32::MIN / 2, 2);
    expected.sort_unstable_by_key(|pair| (pair.left, pair.right));
    let answer = tokens.answer(&plan::score_sql(&model, &rules, "tokens", &trained));
    let found = plan::read_scores(&table, &model, &answer).unwrap();
    assert_eq!(found, expected);
    let weights: std::collections::BTreeSet<i32> = found.iter().map(|pair| pair.weight).collect();
    assert!(found.len() as u64 == compared && compared > 50 && weights.len() > 20, "{compared} {}", weights.len());
}

#[test]
fn the_query_quotes_what_it_names() {
    let mut document = statewide();
    document.passes.truncate(1);
    let sides = document.passes[0].sources.as_mut().unwrap();
    sides.left[0].value = "o'brien".into();
    let sql = plan::group_sql(&document.rules().passes[0], &document.rules(), "to\"kens");
    assert!(sql.contains("'o''brien'") && sql.contains("\"to\"\"kens\""), "{sql}");
}
