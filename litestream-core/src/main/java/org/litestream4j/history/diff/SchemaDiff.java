package org.litestream4j.history.diff;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.history.diff.TablePlan.Fate;

/** Compares two schemas, by what SQLite keeps of the statements that made them. */
final class SchemaDiff {

	private final DatabaseSchema before;

	private final DatabaseSchema after;

	private final DiffOptions options;

	SchemaDiff(DatabaseSchema before, DatabaseSchema after, DiffOptions options) {
		this.before = before;
		this.after = after;
		this.options = options;
	}

	/**
	 * Indexes, views and triggers of the first state that the second has not, or not so.
	 */
	List<SchemaObject> obsolete() {
		List<SchemaObject> obsolete = new ArrayList<>();
		for (String type : List.of("trigger", "view", "index")) {
			this.before.objects()
				.stream()
				.filter((object) -> object.type().equals(type) && wants(object) && !this.after.has(object))
				.forEach(obsolete::add);
		}
		return obsolete;
	}

	private boolean wants(SchemaObject object) {
		return this.options.tables().isEmpty() || (!object.type().equals("view") && this.options.wants(object.table()));
	}

	private boolean wants(TableShape table) {
		String owner = table.owner();
		return this.options.wants((owner != null) ? owner : table.name()) || table.name().equals("sqlite_sequence");
	}

	/**
	 * Decides what becomes of each table.
	 * @param altered the first state's schema after the alterations
	 */
	SchemaPlan plan(DatabaseSchema altered, Map<String, List<String>> alterations) {
		List<TablePlan> tables = new ArrayList<>();
		List<SchemaChange> changes = new ArrayList<>();
		for (TableShape table : altered.tables()) {
			if (wants(table) && this.after.table(table.name()) == null) {
				tables.add(new TablePlan(table, null, Fate.REMOVED, List.of()));
				change(changes, Change.REMOVED, table);
			}
		}
		for (TableShape table : this.after.tables()) {
			if (wants(table)) {
				TableShape old = altered.table(table.name());
				List<String> statements = alterations.getOrDefault(DatabaseSchema.key(table.name()), List.of());
				Fate fate = fate(old, table, statements);
				tables.add(new TablePlan(old, table, fate, statements));
				if (fate != Fate.KEPT) {
					change(changes, (fate == Fate.ADDED) ? Change.ADDED : Change.CHANGED, table);
				}
			}
		}
		changeObjects(changes);
		return new SchemaPlan(this.before, this.after, tables, changes, obsolete());
	}

	private static void change(List<SchemaChange> changes, Change change, TableShape table) {
		if (table.owner() == null && !table.name().startsWith("sqlite_")) {
			changes.add(new SchemaChange(change, "table", table.name()));
		}
	}

	private static Fate fate(@Nullable TableShape old, TableShape table, List<String> alterations) {
		if (old == null) {
			return Fate.ADDED;
		}
		boolean same = old.sql().equals(table.sql()) && old.kind() == table.kind() && old.hasColumnsOf(table);
		return !same ? Fate.REPLACED : alterations.isEmpty() ? Fate.KEPT : Fate.ALTERED;
	}

	private void changeObjects(List<SchemaChange> changes) {
		for (SchemaObject object : this.before.objects()) {
			if (wants(object) && this.after.counterpart(object) == null) {
				changes.add(new SchemaChange(Change.REMOVED, object.type(), object.name()));
			}
		}
		for (SchemaObject object : this.after.objects()) {
			if (wants(object) && !this.before.has(object)) {
				Change change = (this.before.counterpart(object) == null) ? Change.ADDED : Change.CHANGED;
				changes.add(new SchemaChange(change, object.type(), object.name()));
			}
		}
	}

}
