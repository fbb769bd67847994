package org.litestream4j.boot.actuate;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTime;
import org.litestream4j.boot.actuate.LitestreamReport.Position;
import org.litestream4j.history.diff.SchemaChange;
import org.litestream4j.history.diff.StateDiff;
import org.litestream4j.history.diff.TableDiff;

/**
 * How two states differ, table by table.
 *
 * @param from the first state
 * @param to the second state
 * @param fromNote how the first time was understood, if it could mean another one
 * @param toNote how the second time was understood, likewise
 * @param equal whether nothing differs
 * @param compared how many tables were compared
 * @param schema what differs there
 * @param tables whose rows differ, or of which something is to be said
 */
public record LitestreamDiffReport(State from, State to, @Nullable String fromNote, @Nullable String toNote,
		boolean equal, int compared, List<Schema> schema, List<Table> tables) {

	static LitestreamDiffReport of(StateDiff<State, State> diff, @Nullable RestoreTime from, @Nullable RestoreTime to) {
		return new LitestreamDiffReport(diff.from(), diff.to(), (from != null) ? from.note() : null,
				(to != null) ? to.note() : null, diff.report().isEmpty(), diff.report().compared(),
				diff.report().schema().stream().map(Schema::of).toList(),
				diff.report().tables().stream().map(Table::of).toList());
	}

	/**
	 * A state that was compared. What does not apply is left out.
	 *
	 * @param database the live database's file
	 * @param replica the replica
	 * @param position of the replica's state
	 * @param createdAt when the newest object used was stored
	 */
	@JsonInclude(JsonInclude.Include.NON_NULL)
	public record State(@Nullable String database, @Nullable String replica, @Nullable Position position,
			@Nullable Instant createdAt) {

		static State of(RestoreReport report) {
			return new State(null, report.replica(), Position.require(report.position()), report.createdAt());
		}

		static State of(Path database) {
			return new State(database.toString(), null, null, null);
		}

	}

	/**
	 * A part of the schema.
	 *
	 * @param change one of added, removed and changed
	 * @param type {@code table}, {@code index}, {@code view} or {@code trigger}
	 * @param name of it
	 */
	public record Schema(String change, String type, String name) {

		static Schema of(SchemaChange change) {
			return new Schema(change.change().name().toLowerCase(Locale.ROOT), change.type(), change.name());
		}

	}

	/**
	 * The rows of a table.
	 *
	 * @param table its name
	 * @param added rows that only the second state has
	 * @param removed rows that only the first state has
	 * @param changed rows that both have, with other values
	 * @param keyedBy the columns by which rows are known
	 * @param note what else is to be known
	 */
	public record Table(String table, long added, long removed, long changed, List<String> keyedBy,
			@Nullable String note) {

		static Table of(TableDiff diff) {
			return new Table(diff.table(), diff.added(), diff.removed(), diff.changed(), diff.keyedBy(), diff.note());
		}

	}

}
