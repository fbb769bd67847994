package org.litestream4j.boot.actuate;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;

import org.litestream4j.BackupReport;
import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.OperationStatus;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.PlannedRestore;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTime;
import org.litestream4j.ValidationReport;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.ltx.LtxFile;
import org.litestream4j.format.v03.GenerationSummary;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.history.ObjectChange;
import org.litestream4j.history.RestorePoint;
import org.litestream4j.history.diff.TableRestoreReport;

/**
 * What the endpoint answers. Times are ISO-8601 in UTC, sizes are bytes.
 */
public final class LitestreamReport {

	private LitestreamReport() {
	}

	/**
	 * Databases by name, in the order of the names.
	 *
	 * @param databases at most as many as asked for
	 * @param next what to give as {@code after} for the next page; left out if these are
	 * all, or the last
	 */
	public record Databases(Map<String, Database> databases,
			@JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String next) {
	}

	/** One database. */
	public record Database(String path, String state, @Nullable Position position, @Nullable Long databaseSize,
			@Nullable Long walSize, long shadowWalSize, Map<String, Replica> replicas, List<Operation> operations,
			@Nullable String problem) {

		static Database of(DatabaseStatus status) {
			Map<String, Replica> replicas = new LinkedHashMap<>();
			status.replicas().forEach((name, replica) -> replicas.put(name, Replica.of(replica)));
			return new Database(status.path().toString(), lower(status.state()), Position.of(status.position()),
					known(status.databaseSize()), known(status.walSize()), status.shadowWalSize(), replicas,
					status.operations().stream().map(Operation::of).toList(), status.problem());
		}

	}

	/**
	 * A place in the WAL, or of an LTX replica a transaction: what does not apply is left
	 * out.
	 */
	@JsonInclude(JsonInclude.Include.NON_NULL)
	public record Position(@Nullable String generation, @Nullable Integer index, @Nullable Long offset,
			@Nullable Long txid) {

		static @Nullable Position of(@Nullable ReplicaPosition position) {
			return (position != null) ? require(position) : null;
		}

		static Position require(ReplicaPosition position) {
			if (position instanceof WalPosition inWal) {
				return new Position(inWal.generation().name(), inWal.index(), inWal.offset(), null);
			}
			return new Position(null, null, null, ((TransactionId) position).value());
		}

	}

	/** One replica of a database. */
	public record Replica(String url, String state, @Nullable Position position, @Nullable Long txid, long lagBytes,
			double lagSeconds, @Nullable Instant lastSyncAt, @Nullable Instant lastSnapshotAt,
			@Nullable Instant lastValidationAt, @Nullable Boolean lastValidationOk, @Nullable String lastError,
			@Nullable String problem, Ownership ownership) {

		static Replica of(ReplicaStatus status) {
			return new Replica(status.url(), lower(status.state()), Position.of(status.position()),
					number(status.txid()), status.lagBytes(), seconds(status.lag()), status.lastSyncAt(),
					status.lastSnapshotAt(), status.lastValidationAt(), status.lastValidationOk(), status.lastError(),
					status.problem(), Ownership.of(status.ownership()));
		}

	}

	private static @Nullable Long number(@Nullable TransactionId txid) {
		return (txid != null) ? txid.value() : null;
	}

	/** Whose a replica is. */
	public record Ownership(boolean fencing, long epoch, @Nullable String owner, @Nullable String wantedBy) {

		static Ownership of(DatabaseStatus.Ownership ownership) {
			return new Ownership(ownership.fencing(), ownership.epoch(), ownership.owner(), ownership.wantedBy());
		}

	}

	/** A long operation that runs. */
	public record Operation(String operation, Instant startedAt, @Nullable Double progress) {

		static Operation of(OperationStatus status) {
			return new Operation(status.operation(), status.startedAt(), status.progress());
		}

	}

	/** The generations of all replicas. */
	public record Generations(List<GenerationEntry> generations) {
	}

	/** A generation in one replica. */
	public record GenerationEntry(String replica, String generation, Instant createdAt, Instant updatedAt,
			int snapshots, int walSegments, long bytes) {

		static GenerationEntry of(String replica, GenerationSummary summary) {
			return new GenerationEntry(replica, summary.generation().name(), summary.createdAt(), summary.updatedAt(),
					summary.snapshots(), summary.walSegments(), summary.bytes());
		}

	}

	/** The snapshots of all replicas. */
	public record Snapshots(List<SnapshotEntry> snapshots) {
	}

	/** A snapshot in one replica. */
	public record SnapshotEntry(String replica, String generation, int index, long size, Instant createdAt) {

		static SnapshotEntry of(String replica, Snapshot snapshot) {
			return new SnapshotEntry(replica, snapshot.generation().name(), snapshot.index(), snapshot.size(),
					snapshot.createdAt());
		}

	}

	/**
	 * A page of the restore points of a replica, newest first.
	 *
	 * @param points at most as many as asked for
	 * @param next what to give as {@code before} for the next page; null if there is none
	 * @param note what lies in the replica and cannot be restored, or null
	 * @param fromNote how the time to begin with was understood, if it could mean another
	 * @param toNote how the time to end with was understood
	 */
	public record Log(List<PointEntry> points, @Nullable String next,
			@JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String note,
			@JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String fromNote,
			@JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String toNote) {
	}

	/**
	 * A state that can be restored by its time.
	 *
	 * @param replica which has it
	 * @param time to restore it by, to the millisecond
	 * @param storedAt when it was stored
	 * @param start where what it changed begins
	 * @param position of the state; null where only a look at the content would tell
	 * @param bytes as stored
	 * @param transactions how many it is made of; null if its content was not looked at
	 * @param pages how many pages these wrote; null likewise
	 * @param databasePages how many pages the database has; null likewise
	 * @param changes tables and indexes that were touched; left out if not asked for
	 */
	public record PointEntry(String replica, Instant time, Instant storedAt, Position start,
			@Nullable Position position, long bytes, @Nullable Integer transactions, @Nullable Long pages,
			@Nullable Long databasePages,
			@JsonInclude(JsonInclude.Include.NON_NULL) @Nullable List<ChangeEntry> changes) {

		static PointEntry of(String replica, RestorePoint point) {
			List<ObjectChange> changes = point.changes();
			return new PointEntry(replica, point.time().plusNanos(999_999).truncatedTo(ChronoUnit.MILLIS),
					point.storedAt(), Position.require(point.start()), Position.of(point.position()), point.bytes(),
					point.transactions(), point.pages(), point.databasePages(),
					(changes != null) ? changes.stream().map(ChangeEntry::of).toList() : null);
		}

	}

	/**
	 * What a restore point changed of a table or an index.
	 *
	 * @param change one of created, changed and dropped
	 * @param type {@code table} or {@code index}
	 * @param name its name
	 * @param table the table it belongs to
	 * @param pages how many of its pages were written or given back
	 * @param inserted rows; null for what has none that are counted
	 * @param updated rows
	 * @param deleted rows
	 */
	public record ChangeEntry(String change, String type, String name, String table, long pages,
			@Nullable Long inserted, @Nullable Long updated, @Nullable Long deleted) {

		static ChangeEntry of(ObjectChange change) {
			return new ChangeEntry(lower(change.kind()), change.type(), change.name(), change.table(), change.pages(),
					change.inserted(), change.updated(), change.deleted());
		}

	}

	/**
	 * The files of all LTX replicas.
	 *
	 * @param files of each replica those that reach farthest first
	 * @param more whether a replica has more than were asked for
	 */
	public record LtxFiles(List<LtxFileEntry> files, boolean more) {
	}

	/**
	 * A file of an LTX replica.
	 *
	 * @param replica its name
	 * @param level 0 for single transactions, 1 to 8 for what was compacted, 9 for
	 * snapshots
	 * @param minTxid the first transaction in it
	 * @param maxTxid the last transaction in it
	 * @param size bytes as stored
	 * @param createdAt when it was stored
	 */
	public record LtxFileEntry(String replica, int level, long minTxid, long maxTxid, long size, Instant createdAt) {

		static LtxFileEntry of(String replica, LtxFile file) {
			return new LtxFileEntry(replica, file.level(), file.minTxid(), file.maxTxid(), file.size(),
					file.storedAt());
		}

	}

	/**
	 * A page of the WAL segments of all replicas, newest first.
	 *
	 * @param segments at most as many as asked for
	 * @param next what to give as {@code before} for the next page; null if there is none
	 */
	public record Segments(List<SegmentEntry> segments, @Nullable String next) {
	}

	/**
	 * A WAL segment in one replica.
	 *
	 * @param replica its name
	 * @param generation its generation
	 * @param index its WAL index
	 * @param offset where in that it begins, in bytes
	 * @param size bytes as stored
	 * @param createdAt when it was stored
	 * @param fence whether it adds nothing: it keeps an earlier writer out, or bridges an
	 * index that nobody wrote
	 */
	public record SegmentEntry(String replica, String generation, int index, long offset, long size, Instant createdAt,
			boolean fence) {

		static SegmentEntry of(String replica, WalSegment segment) {
			return new SegmentEntry(replica, segment.generation().name(), segment.index(), segment.offset(),
					segment.size(), segment.createdAt(), V03Replica.isFence(segment));
		}

	}

	/** What the endpoint has written for a database since the application started. */
	public record RestoredList(List<RestoredEntry> restored) {
	}

	/** A database file in the restore directory, and when it was written. */
	public record RestoredEntry(String name, long bytes, Instant createdAt) {
	}

	/** Up to where every replica holds the WAL. */
	public record Synced(@Nullable Position position) {
	}

	/**
	 * What was restored, or for a dry run would be; and the time that was asked for, with
	 * how it was understood if it could mean another one.
	 */
	public record Restored(String outputPath, String replica, @JsonUnwrapped Position position, Instant createdAt,
			@Nullable Long bytes, @Nullable Long storedBytes, @Nullable String sha256, @Nullable Long durationMillis,
			int segments, @Nullable Instant timestamp, @Nullable String timestampNote) {

		static Restored of(Path outputPath, PlannedRestore plan, @Nullable RestoreTime time) {
			return new Restored(outputPath.toString(), plan.replica(), Position.require(plan.position()),
					plan.createdAt(), null, plan.storedBytes(), null, null, plan.segments(),
					(time != null) ? time.instant() : null, (time != null) ? time.note() : null);
		}

		static Restored of(RestoreReport report, @Nullable RestoreTime time) {
			return new Restored(report.outputPath().toString(), report.replica(), Position.require(report.position()),
					report.createdAt(), report.bytes(), null, report.sha256(), report.duration().toMillis(),
					report.segments(), (time != null) ? time.instant() : null, (time != null) ? time.note() : null);
		}

	}

	/**
	 * Tables that were restored to a file of their own, and of which state.
	 *
	 * @param outputPath the file
	 * @param replica it was restored from
	 * @param position the state
	 * @param createdAt when that was stored
	 * @param tables what was restored
	 * @param danglingForeignKeys of theirs that lead nowhere, in words
	 * @param timestamp the time that was asked for
	 * @param timestampNote how that was understood, if it could mean another one
	 */
	public record RestoredTables(String outputPath, String replica, @JsonUnwrapped Position position, Instant createdAt,
			List<RestoredTable> tables, List<String> danglingForeignKeys, @Nullable Instant timestamp,
			@Nullable String timestampNote) {

		static RestoredTables of(Path outputPath, RestoreReport state, TableRestoreReport tables,
				@Nullable RestoreTime time) {
			return new RestoredTables(outputPath.toString(), state.replica(), Position.require(state.position()),
					state.createdAt(), tables.tables().stream().map(RestoredTable::of).toList(),
					tables.dangling().stream().map(TableRestoreReport.Dangling::describe).toList(),
					(time != null) ? time.instant() : null, (time != null) ? time.note() : null);
		}

	}

	/** A table, with the indexes and triggers that came with it. */
	public record RestoredTable(String table, long rows, List<String> indexes, List<String> triggers) {

		static RestoredTable of(TableRestoreReport.Table table) {
			return new RestoredTable(table.table(), table.rows(), table.indexes(), table.triggers());
		}

	}

	/** A copy of the live database. */
	public record BackedUp(String outputPath, long bytes, String sha256) {

		static BackedUp of(BackupReport report) {
			return new BackedUp(report.outputPath().toString(), report.bytes(), report.sha256());
		}

	}

	/** What comparing with the replicas found. */
	public record Validated(boolean valid, List<ValidationResult> results) {

		static Validated of(List<ValidationReport> reports) {
			return new Validated(reports.stream().allMatch(ValidationReport::valid),
					reports.stream().map(ValidationResult::of).toList());
		}

	}

	/** What comparing with one replica found. */
	public record ValidationResult(String replica, boolean valid, @Nullable Position position,
			@Nullable String databaseChecksum, @Nullable String replicaChecksum, long durationMillis,
			@Nullable Long firstDifferentPage, @Nullable String error) {

		static ValidationResult of(ValidationReport report) {
			return new ValidationResult(report.replica(), report.valid(), Position.of(report.position()),
					report.databaseChecksum(), report.replicaChecksum(), report.duration().toMillis(),
					report.firstDifferentPage(), report.error());
		}

	}

	static String lower(Enum<?> value) {
		return value.name().toLowerCase(Locale.ROOT);
	}

	/** Null for a size that is not known. */
	static @Nullable Long known(long size) {
		return (size >= 0) ? size : null;
	}

	static double seconds(Duration duration) {
		return duration.toMillis() / 1000.0;
	}

}
