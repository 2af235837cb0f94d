//! Kernels: tokens of derived parts against a bare loop over a pre-keyed HMAC on the same bytes, reading a delimited file with and without judging it,
//! and the pairs of a model in memory against the query that finds the same.
//!
//! `cargo bench --bench kernels`

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use throughline::contract::{CodeSet, Judge, JudgeOptions};
use throughline::extract::{ExpectedColumn, ReadOptions, TextBatch};
use throughline::foundation::{KeyedHash, Secret, schema};
use throughline::linkage::model::{Blocking, Sample, Scope};
use throughline::linkage::{Rules, TokenTable, plan};
use throughline::pipeline::spec::{ContractDocument, LinkageDocument};
use throughline::standardize::{Deriver, SPEC_VERSION};
use throughline::tokenize::{Keyring, Maker, RecipeSpec, Tokenizer};

const RECORDS: usize = 100_000;

/// Identity records with these last names and nothing else, as they are read: texts are views.
fn identities_of(lasts: &[String]) -> RecordBatch {
    let schema = schema::identity_records();
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        let every = |text: &str| Arc::new(StringArray::from_iter_values(lasts.iter().map(|_| text))) as ArrayRef;
        match field.name().as_str() {
            "identity_ref" => {
                let refs = (0..lasts.len() as u128).map(u128::to_be_bytes);
                Arc::new(arrow::array::FixedSizeBinaryArray::try_from_iter(refs).unwrap())
            }
            "last_name" => Arc::new(StringArray::from_iter_values(lasts)),
            "source" => every("bench"),
            "source_person" => every(""),
            "ssn_status" | "birth_date_status" => every("missing"),
            "row_count" => Arc::new(arrow::array::Int64Array::from_value(1, lasts.len())),
            _ => new_null_array(field.data_type(), lasts.len()),
        }
    });
    let views = schema.fields().iter().zip(columns).map(|(field, column): (_, ArrayRef)| {
        let read =
            if *field.data_type() == DataType::Utf8 { cast(&column, &DataType::Utf8View).unwrap() } else { column };
        (field.name(), read, field.is_nullable())
    });
    RecordBatch::try_from_iter_with_nullable(views).unwrap()
}

fn tokens(c: &mut Criterion) {
    let lasts: Vec<String> = (0..RECORDS).map(|i| format!("NAME{i:08}")).collect();
    let tokenizer =
        Tokenizer::new(&[RecipeSpec::new("last_name", &["last_name"], None)], &Keyring::demo(), SPEC_VERSION).unwrap();
    let (send, hub) = (KeyedHash::new(&Secret::new(vec![1; 32])), KeyedHash::new(&Secret::new(vec![2; 32])));
    let mut group = c.benchmark_group("tokens");
    group.throughput(Throughput::Elements(RECORDS as u64));
    let repeating: Vec<String> = (0..RECORDS).map(|i| format!("NAME{:08}", i * 7_919 % 1_000)).collect();
    for (what, lasts) in [("distinct values", &lasts), ("1,000 values", &repeating)] {
        let mut deriver = Deriver::new(&tokenizer.parts()).unwrap();
        let derived = lasts.chunks(4_096).map(identities_of).map(|batch| {
            let parts = deriver.derive(&batch).unwrap();
            (batch, parts)
        });
        let batches: Vec<_> = derived.collect();
        group.bench_function(what, |b| {
            b.iter(|| {
                let mut maker = Maker::of_hub(&tokenizer).unwrap();
                for (batch, parts) in &batches {
                    black_box(maker.tokens(batch, parts).unwrap());
                }
            });
        });
    }
    group.bench_function("bare loop of the same hashes", |b| {
        b.iter(|| lasts.iter().fold(0_u8, |sum, last| sum ^ hub.raw(&send.parts(&[black_box(last.as_bytes())]))[0]));
    });
    group.finish();
}

fn extract(c: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("config/contracts/k12_enrollment.yaml")).unwrap();
    let contract: ContractDocument = serde_saphyr::from_str(&text).unwrap();
    let file = std::fs::read(root.join("sample_data/k12/enrollment_2020.csv")).unwrap();
    let header = file.iter().position(|b| *b == b'\n').unwrap() + 1;
    let mut input = file.clone();
    for _ in 0..40 {
        input.extend_from_slice(&file[header..]);
    }
    let expected: Vec<ExpectedColumn> = throughline::pipeline::accept::expected(&contract);
    let mut code_sets: BTreeMap<String, CodeSet> = BTreeMap::new();
    for name in contract.columns.iter().filter_map(|c| c.code_set.as_ref()) {
        let text = std::fs::read_to_string(root.join(format!("config/code_sets/{}.csv", name.value))).unwrap();
        code_sets.insert(name.value.clone(), CodeSet::parse(&text).unwrap());
    }
    let judge = Judge::new(&contract.columns, Vec::new(), &code_sets, &JudgeOptions::default()).unwrap();
    let read = |work: &(dyn Fn(TextBatch) -> usize + Sync)| {
        let chunks = input.chunks(4 << 20).map(|chunk| Ok(chunk.to_vec()));
        let mut rows = 0;
        let work = |batch| Ok::<_, String>(work(batch));
        throughline::extract::read(&contract.format, &expected, chunks, &ReadOptions::default(), work, |n| {
            rows += n;
            Ok(())
        })
        .unwrap();
        rows
    };
    let mut group = c.benchmark_group("k12_enrollment.csv");
    group.throughput(Throughput::Bytes(input.len() as u64));
    group.sample_size(20);
    group.bench_function("split", |b| b.iter(|| read(&|batch| batch.records.lines.len())));
    group.bench_function("split, type and check", |b| {
        b.iter(|| read(&|batch| judge.judge(&batch.records, &|row| batch.raw.get(row)).unwrap().accepted.num_rows()));
    });
    group.finish();
}

/// A linkage of a name, a birth date and a place, blocked on every two of them.
const BLOCKED: &str = "
linkage: blocked
version: 1
tokens: [{ name: last, parts: [last_name] }, { name: born, parts: [birth_date] }, { name: place, parts: [postal_code] }]
passes: []
guards: []
roles: {}
model:
  id: model
  version: 1
  blocking:
    - { id: last_born, on: [last, born] }
    - { id: last_place, on: [last, place] }
    - { id: born_place, on: [born, place] }
  comparisons:
    - { field: last, levels: [last] }
    - { field: born, levels: [born] }
    - { field: place, levels: [place] }
";

/// Tokens of that linkage: two records each of half as many people as there are records.
fn blocked_tokens(recipes: &[String]) -> RecordBatch {
    let schema = schema::tokens(recipes);
    let token = |number: usize| {
        Some(((number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)).to_be_bytes())
    };
    let columns = schema.fields().iter().map(|field| -> ArrayRef {
        let every = |text: &str| Arc::new(StringArray::from_iter_values((0..RECORDS).map(|_| text))) as ArrayRef;
        let tokens = |of: fn(usize) -> usize| -> ArrayRef {
            let tokens = (0..RECORDS).map(|row| token(of(row / 2)));
            Arc::new(arrow::array::FixedSizeBinaryArray::try_from_sparse_iter_with_size(tokens, 16).unwrap())
        };
        match field.name().as_str() {
            "identity_ref" => {
                let refs = (0..RECORDS as u128).map(u128::to_be_bytes);
                Arc::new(arrow::array::FixedSizeBinaryArray::try_from_iter(refs).unwrap())
            }
            "source" => every("bench"),
            "ssn_status" | "birth_date_status" => every("missing"),
            "row_count" => Arc::new(arrow::array::Int64Array::from_value(1, RECORDS)),
            "last" => tokens(|person| person * 7_919 % 12_007),
            "born" => tokens(|person| person * 104_729 % 6_011),
            "place" => tokens(|person| person * 1_299_709 % 401),
            _ => new_null_array(field.data_type(), RECORDS),
        }
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap()
}

/// The pairs of a model's blocking rules: by the purpose-built join in memory, and by the query that says the same.
fn blocking(c: &mut Criterion) {
    let document: LinkageDocument = serde_saphyr::from_str(BLOCKED).unwrap();
    let rules = Rules::compile(&[], document.model.as_ref(), &[], &document.roles).unwrap();
    let model = rules.model.as_ref().unwrap();
    let recipes: Vec<String> = document.tokens.iter().map(|recipe| recipe.name.value.clone()).collect();
    let batch = blocked_tokens(&recipes);
    let table = TokenTable::from_batches(std::slice::from_ref(&batch), &rules).unwrap();
    let rows: Vec<u32> = (0..u32::try_from(table.len()).unwrap()).collect();
    let records = throughline::linkage::modelled::records(&table, &rules, model, &rows);
    let in_memory = || {
        let blocking = Blocking::new(&records, &model.blocking, Scope::Both, 2);
        let step = |(): &mut (), count: &mut u64, _: u32, _: u32| *count += 1;
        blocking.walk(2, true, |_| Sample::ALL, || (), step).into_iter().map(|(_, count)| count).sum::<u64>()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
    context.register_table("tokens", Arc::new(table)).unwrap();
    let sql = format!("SELECT count(*) FROM ({})", plan::pair_sql(model, &rules, "tokens"));
    let by_query = || {
        let found = runtime.block_on(async { context.sql(&sql).await.unwrap().collect().await.unwrap() });
        u64::try_from(found[0].column(0).as_primitive::<Int64Type>().value(0)).unwrap()
    };
    assert_eq!(in_memory(), by_query(), "both find the same pairs");
    let mut group = c.benchmark_group("blocking");
    group.throughput(Throughput::Elements(in_memory()));
    group.sample_size(10);
    group.bench_function("in memory", |b| b.iter(|| black_box(in_memory())));
    group.bench_function("by the query", |b| b.iter(|| black_box(by_query())));
    group.finish();
}

criterion_group!(kernels, tokens, extract, blocking);
criterion_main!(kernels);
