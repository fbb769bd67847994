package org.litestream4j.history.diff;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.litestream4j.io.Disk;

/**
 * Compares two database files, which nobody else uses. Memory is bounded by the largest
 * row, and by what the schema takes; a script is gathered in files beside them.
 */
public final class DatabaseDiff {

	private final Path first;

	private final Path second;

	private final Disk disk;

	private final boolean narrowed;

	/**
	 * Creates a comparison. Does no I/O.
	 * @param first the first state, in a directory of ours; columns may be added to its
	 * tables
	 * @param second the second state
	 * @param disk writes what is gathered, in the first state's directory
	 */
	public DatabaseDiff(Path first, Path second, Disk disk) {
		this(first, second, disk, true);
	}

	/** For tests, which compare with what reading all rows finds. */
	DatabaseDiff(Path first, Path second, Disk disk, boolean narrowed) {
		this.narrowed = narrowed;
		this.first = first.toAbsolutePath();
		this.second = second.toAbsolutePath();
		this.disk = disk;
	}

	/**
	 * Compares.
	 * @return how they differ
	 * @throws IOException with one sentence, if SQLite cannot read one of them
	 * @throws IllegalArgumentException if a table is wanted that neither has
	 */
	public DiffReport run(DiffOptions options) throws IOException {
		Map<String, List<String>> alterations;
		try (ReadOnlyDatabase from = ReadOnlyDatabase.open(this.first);
				ReadOnlyDatabase to = ReadOnlyDatabase.open(this.second)) {
			requireComparable(from, to);
			requireKnown(options, from.schema(), to.schema());
			SchemaDiff schema = new SchemaDiff(from.schema(), to.schema(), options);
			alterations = Alterations.apply(this.first, schema.obsolete(), from.schema(), to.schema());
			if (alterations.isEmpty()) {
				return compare(from, to, schema.plan(from.schema(), alterations), options);
			}
			return compareAltered(schema, alterations, to, options);
		}
	}

	private DiffReport compareAltered(SchemaDiff schema, Map<String, List<String>> alterations, ReadOnlyDatabase to,
			DiffOptions options) throws IOException {
		try (ReadOnlyDatabase altered = ReadOnlyDatabase.open(this.first)) {
			return compare(altered, to, schema.plan(altered.schema(), alterations), options);
		}
	}

	private DiffReport compare(ReadOnlyDatabase from, ReadOnlyDatabase to, SchemaPlan plan, DiffOptions options)
			throws IOException {
		Path directory = this.first.getParent();
		if (directory == null) {
			throw new IllegalArgumentException("%s is no file".formatted(this.first));
		}
		try (DiffScript rows = new DiffScript(this.disk, directory.resolve("rows.sql"));
				DiffScript late = new DiffScript(this.disk, directory.resolve("late.sql"));
				Narrowing narrowing = this.narrowed ? Narrowing.of(this.first, this.second, options.cancellation())
						: null) {
			TableComparison comparison = new TableComparison(from, to, plan, options, rows, late, narrowing);
			DiffReport report = comparison.run();
			if (options.script() != null) {
				new ScriptWriter(plan, comparison.touched(), comparison.afterRows()).write(options.script(), rows,
						report);
			}
			return report;
		}
	}

	private static void requireComparable(ReadOnlyDatabase from, ReadOnlyDatabase to) throws IOException {
		if (!from.encoding().equals(to.encoding())) {
			throw new IOException(
					"The text of one state is in %s, that of the other one in %s: only states with one encoding can be compared"
						.formatted(from.encoding(), to.encoding()));
		}
	}

	private static void requireKnown(DiffOptions options, DatabaseSchema from, DatabaseSchema to) {
		for (String name : options.tables()) {
			if (from.table(name) == null && to.table(name) == null) {
				throw new IllegalArgumentException("There is no table '%s' in either state: there are %s"
					.formatted(name, String.join(", ", to.tables().stream().map(TableShape::name).limit(20).toList())));
			}
		}
	}

}
