package org.litestream4j.history.diff;

import java.util.List;

/**
 * How to get from one schema to another. Immutable.
 *
 * @param before the first state's objects, as they were
 * @param after the second state's schema
 * @param tables what becomes of each, in the order of the second state
 * @param changes what differs, for people
 * @param obsolete indexes, views and triggers to drop first
 */
record SchemaPlan(DatabaseSchema before, DatabaseSchema after, List<TablePlan> tables, List<SchemaChange> changes,
		List<SchemaObject> obsolete) {
}
