package org.litestream4j.history.diff;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

import org.litestream4j.history.diff.TablePlan.Fate;

/**
 * Puts the statements of a comparison into the order in which they can be run: in one
 * transaction, without triggers that would do again what rows already show, and without
 * foreign keys that would act before all rows are there.
 */
final class ScriptWriter {

	private final SchemaPlan plan;

	/** Keys of tables whose rows are written. */
	private final Set<String> touched;

	private final List<String> afterRows;

	/** Types and names of what is not there when rows have been written. */
	private final Set<String> gone = new HashSet<>();

	ScriptWriter(SchemaPlan plan, Set<String> touched, List<String> afterRows) {
		this.plan = plan;
		this.touched = touched;
		this.afterRows = afterRows;
	}

	void write(@Nullable Appendable script, DiffScript rows, DiffReport report) throws IOException {
		if (script == null) {
			return;
		}
		if (report.isEmpty() && this.afterRows.isEmpty() && this.touched.isEmpty()) {
			script.append("-- nothing differs\n");
			return;
		}
		statement(script, "PRAGMA foreign_keys=OFF");
		statement(script, "BEGIN IMMEDIATE");
		for (SchemaObject object : dropped()) {
			statement(script, object.drop());
			this.gone.add(id(object));
		}
		for (TablePlan table : this.plan.tables()) {
			for (String alteration : table.alterations()) {
				statement(script, alteration);
			}
		}
		tables(script);
		rows.moveTo(script);
		for (String statement : this.afterRows) {
			statement(script, statement);
		}
		for (SchemaObject object : this.plan.after().objects()) {
			if (isMissing(object)) {
				statement(script, object.sql());
			}
		}
		statement(script, "COMMIT");
	}

	private static void statement(Appendable script, String sql) throws IOException {
		script.append(sql).append(";\n");
	}

	/** Triggers first, as they may name anything. */
	private List<SchemaObject> dropped() {
		List<SchemaObject> dropped = new ArrayList<>(this.plan.obsolete());
		for (SchemaObject object : this.plan.before().objects()) {
			if (object.type().equals("trigger") && !dropped.contains(object)
					&& this.touched.contains(DatabaseSchema.key(object.table()))) {
				dropped.add(0, object);
			}
		}
		return dropped;
	}

	private void tables(Appendable script) throws IOException {
		for (TablePlan table : this.plan.tables()) {
			TableShape before = table.before();
			if (before != null && isDropped(table) && before.owner() == null
					&& !DatabaseSchema.key(before.name()).equals("sqlite_sequence")) {
				statement(script, "DROP TABLE " + SqlText.name(before.name()));
				this.plan.before()
					.objects()
					.stream()
					.filter((object) -> !object.type().equals("view") && object.belongsTo(before.name()))
					.forEach((object) -> this.gone.add(id(object)));
			}
		}
		for (TablePlan table : this.plan.tables()) {
			TableShape after = table.after();
			if (after != null && table.isMadeAnew() && after.owner() == null) {
				create(script, after);
			}
		}
	}

	private static boolean isDropped(TablePlan table) {
		return table.fate() == Fate.REPLACED || table.fate() == Fate.REMOVED;
	}

	/** What SQLite keeps for itself appears with what needs it. */
	private static void create(Appendable script, TableShape table) throws IOException {
		String key = DatabaseSchema.key(table.name());
		if (key.equals("sqlite_stat1")) {
			statement(script, "ANALYZE sqlite_schema");
		}
		else if (!key.startsWith("sqlite_")) {
			statement(script, table.sql());
		}
	}

	private boolean isMissing(SchemaObject object) {
		boolean wanted = this.plan.changes()
			.stream()
			.anyMatch((change) -> change.change() != Change.REMOVED && change.type().equals(object.type())
					&& change.name().equals(object.name()));
		boolean ofDroppedView = object.type().equals("trigger")
				&& this.gone.contains("view " + DatabaseSchema.key(object.table()));
		return wanted || ofDroppedView || this.gone.contains(id(object));
	}

	private static String id(SchemaObject object) {
		return object.type() + ' ' + DatabaseSchema.key(object.name());
	}

}
