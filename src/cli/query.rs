//! `throughline query`: the current release, in SQL.

use arrow::array::RecordBatch;

use crate::cli::args::QueryArgs;
use crate::engine::{Engine, Limits, Place};
use crate::error::Error;
use crate::foundation::csv_field;
use crate::pipeline::asked::released;

/// Answers one question, or lists the tables that can be asked.
pub(crate) async fn query(project: &std::path::Path, args: &QueryArgs) -> Result<(), Error> {
    let root = Place::parse(&args.out, project)?;
    let engine = Engine::new(Limits::default())?;
    let tables = released::open(&engine, &root).await?;
    let Some(sql) = &args.sql else {
        println!("{:<20} {:<10} {:>12}  columns", "table", "zone", "rows");
        for table in &tables {
            println!("{:<20} {:<10} {:>12}  {}", table.name, table.zone, table.rows, table.columns.join(", "));
        }
        return Ok(());
    };
    let names: Vec<String> = tables.iter().map(|t| t.name.clone()).collect();
    let rows = engine.collect("your question", sql).await.map_err(|error| asked_wrongly(error, &names))?;
    if rows.iter().all(|batch| batch.num_rows() == 0) {
        eprintln!("no rows");
    } else if args.csv {
        csv(&rows);
    } else {
        table(&rows);
    }
    Ok(())
}

fn asked_wrongly(error: crate::engine::EngineError, tables: &[String]) -> Error {
    let storage = error.is_storage();
    match error {
        crate::engine::EngineError::Sql { source, .. } if !storage => {
            let text = source.strip_backtrace();
            Error::Usage {
                message: text.lines().next().unwrap_or_default().to_owned(),
                help: format!("tables: {}", tables.join(", ")),
            }
        }
        other => Error::Engine(other),
    }
}

fn table(rows: &[RecordBatch]) {
    match arrow::util::pretty::pretty_format_batches(rows) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("error: the rows cannot be shown: {error}"),
    }
}

fn csv(rows: &[RecordBatch]) {
    use arrow::util::display::{ArrayFormatter, FormatOptions};
    if let Some(first) = rows.first() {
        let names: Vec<String> = first.schema().fields().iter().map(|f| csv_field(f.name()).into_owned()).collect();
        println!("{}", names.join(","));
    }
    let options = FormatOptions::default();
    for batch in rows {
        let shown: Vec<_> = batch.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &options)).collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = shown
                .iter()
                .map(|f| {
                    f.as_ref().map_or_else(|_| String::new(), |f| csv_field(&f.value(row).to_string()).into_owned())
                })
                .collect();
            println!("{}", cells.join(","));
        }
    }
}
