//! Statements that take longer: a row among a million, many rows, many statements.

use anyhow::Result;
use serde_json::json;

use super::{
    Row, Tools, compete, contender, peer,
    sql::{Arena, execute},
};
use crate::{measured::Record, sql::engine};

const CURSOR: &str = "SELECT id, v FROM points LIMIT 100000";
const POINT: &str = "SELECT v FROM points WHERE id = 765432";
const BATCH: usize = 1000;

pub(super) fn large(rounds: usize, tools: &Tools) -> Result<Vec<Record>> {
    let arena = Arena::open(tools)?;
    let folder = tempfile::tempdir_in(".")?;
    let floor = engine::open(&folder.path().join("floor.db"))?;
    for sql in engine::fill(0..engine::ROWS) {
        floor.execute_batch(&sql)?;
        arena.ours.run(&sql)?;
        arena.sqld.run(&sql)?;
    }
    let steps: Vec<_> = (0..BATCH).map(|_| json!({"stmt": {"sql": POINT}})).collect();
    let batch = json!({"requests": [{"type": "batch", "batch": {"steps": steps}}, {"type": "close"}]}).to_string();
    let cursor = json!({"batch": {"steps": [{"stmt": {"sql": CURSOR}}]}}).to_string();
    let cases = [
        ("one row of 1,000,000", "v2/pipeline", execute(POINT), POINT, 1),
        ("cursor of 100,000 rows", "v3/cursor", cursor, CURSOR, 1),
        ("batch of 1,000 statements", "v2/pipeline", batch, POINT, BATCH),
    ];
    let mut records = Vec::new();
    for (case, path, body, sql, statements) in &cases {
        let contenders = vec![
            contender("floor: the engine", || {
                let mut figures = engine::repeat(&floor, sql, 1.0)?;
                if let Some(per_second) = figures.get_mut("per_second") {
                    *per_second /= *statements as f64;
                }
                figures.remove("p50_us");
                Ok(figures)
            }),
            contender("turso-cloud-local", || arena.ours.load(path, body, 1, &[])),
            peer("sqld", || arena.sqld.load(path, body, 1, &[])),
        ];
        records.extend(compete(Row::Large, case, rounds, contenders)?);
    }
    Ok(records)
}
