//! Kernels: tokens of derived parts against a bare loop over a pre-keyed HMAC on the same bytes, and reading a delimited file with and without judging it.
//!
//! `cargo bench --bench kernels`

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use throughline::contract::{CodeSet, Judge, JudgeOptions};
use throughline::extract::{ExpectedColumn, ReadOptions, TextBatch};
use throughline::foundation::{KeyedHash, Secret, schema};
use throughline::pipeline::spec::ContractDocument;
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

criterion_group!(kernels, tokens, extract);
criterion_main!(kernels);
