package org.litestream4j.history.diff;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Writes the statements that lead from the rows of one table to another's. First all rows
 * go that will not stay as they are in anything unique; then the others are changed and
 * added: so nothing that is there is in the way, in whatever order. Not thread-safe.
 */
final class RowStatements implements RowChanges {

	private final TableShape table;

	private final SqlText text;

	private final List<UniqueIndex> unique;

	private final DiffScript first;

	private final DiffScript second;

	private final String insert;

	private final String update;

	private final String delete;

	/**
	 * Creates a writer.
	 * @param table as it is in the second state
	 * @param unique indexes that exist while the statements run
	 * @param first for what must come before all of the rest
	 * @param second for the rest
	 */
	RowStatements(TableShape table, SqlText text, List<UniqueIndex> unique, DiffScript first, DiffScript second) {
		this.table = table;
		this.text = text;
		this.unique = unique;
		this.first = first;
		this.second = second;
		String name = SqlText.name(table.name());
		this.insert = "INSERT INTO %s(%s) VALUES(".formatted(name, SqlText.names(table.all()));
		this.update = "UPDATE %s SET ".formatted(name);
		this.delete = "DELETE FROM %s WHERE ".formatted(name);
	}

	@Override
	public void added(@Nullable Object[] row) throws IOException {
		insert(this.second.out(), row);
	}

	@Override
	public void removed(@Nullable Object[] row) throws IOException {
		delete(this.first.out(), row);
	}

	@Override
	public void changed(@Nullable Object[] before, @Nullable Object[] after) throws IOException {
		Set<String> columns = new HashSet<>();
		int keys = this.table.keys().size();
		for (int i = keys; i < after.length; i++) {
			if (!Values.same(before[i], after[i])) {
				columns.add(this.table.columns().get(i - keys));
			}
		}
		if (this.unique.stream().anyMatch((index) -> index.dependsOn(columns))) {
			delete(this.first.out(), before);
			insert(this.second.out(), after);
		}
		else {
			update(this.second.out(), after, columns);
		}
	}

	private void insert(Appendable out, @Nullable Object[] row) throws IOException {
		out.append(this.insert);
		for (int i = 0; i < row.length; i++) {
			if (i > 0) {
				out.append(',');
			}
			this.text.append(out, row[i]);
		}
		out.append(");\n");
	}

	private void delete(Appendable out, @Nullable Object[] row) throws IOException {
		out.append(this.delete);
		where(out, row);
	}

	private void update(Appendable out, @Nullable Object[] row, Set<String> columns) throws IOException {
		out.append(this.update);
		int keys = this.table.keys().size();
		String separator = "";
		for (int i = keys; i < row.length; i++) {
			String column = this.table.columns().get(i - keys);
			if (columns.contains(column)) {
				out.append(separator).append(SqlText.name(column)).append('=');
				this.text.append(out, row[i]);
				separator = ", ";
			}
		}
		out.append(" WHERE ");
		where(out, row);
	}

	private void where(Appendable out, @Nullable Object[] row) throws IOException {
		String separator = "";
		for (int i = 0; i < this.table.keys().size(); i++) {
			out.append(separator).append(SqlText.name(this.table.keys().get(i))).append('=');
			this.text.append(out, row[i]);
			separator = " AND ";
		}
		out.append(";\n");
	}

}
