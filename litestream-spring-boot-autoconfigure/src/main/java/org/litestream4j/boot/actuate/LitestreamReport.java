package org.litestream4j.boot.actuate;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.BackupReport;
import org.litestream4j.DatabaseStatus;
import org.litestream4j.DatabaseStatus.OperationStatus;
import org.litestream4j.DatabaseStatus.ReplicaStatus;
import org.litestream4j.RestoreReport;
import org.litestream4j.ValidationReport;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;

/**
 * What the endpoint answers. Times are ISO-8601 in UTC, sizes are bytes.
 */
public final class LitestreamReport {

	private LitestreamReport() {
	}

	/** All databases by name. */
	public record Databases(Map<String, Database> databases) {
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

		private static @Nullable Long known(long size) {
			return (size >= 0) ? size : null;
		}

	}

	/** A place in the WAL. */
	public record Position(String generation, int index, long offset) {

		static @Nullable Position of(@Nullable WalPosition position) {
			return (position != null) ? new Position(position.generation().name(), position.index(), position.offset())
					: null;
		}

	}

	/** One replica of a database. */
	public record Replica(String url, String state, @Nullable Position position, long lagBytes, double lagSeconds,
			@Nullable Instant lastSyncAt, @Nullable Instant lastSnapshotAt, @Nullable Instant lastValidationAt,
			@Nullable Boolean lastValidationOk, @Nullable String lastError, @Nullable String problem) {

		static Replica of(ReplicaStatus status) {
			return new Replica(status.url(), lower(status.state()), Position.of(status.position()), status.lagBytes(),
					seconds(status.lag()), status.lastSyncAt(), status.lastSnapshotAt(), status.lastValidationAt(),
					status.lastValidationOk(), status.lastError(), status.problem());
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
	 * A page of the WAL segments of all replicas, newest first.
	 *
	 * @param segments at most as many as asked for
	 * @param next what to give as {@code before} for the next page; null if there is none
	 */
	public record Segments(List<SegmentEntry> segments, @Nullable String next) {
	}

	/** A WAL segment in one replica. */
	public record SegmentEntry(String replica, String generation, int index, long offset, long size,
			Instant createdAt) {

		static SegmentEntry of(String replica, WalSegment segment) {
			return new SegmentEntry(replica, segment.generation().name(), segment.index(), segment.offset(),
					segment.size(), segment.createdAt());
		}

	}

	/** Up to where every replica holds the WAL. */
	public record Synced(@Nullable Position position) {
	}

	/** What was restored, or for a dry run would be. */
	public record Restored(String outputPath, String replica, String generation, int index, long offset,
			Instant createdAt, @Nullable Long bytes, @Nullable String sha256, long durationMillis, int segments) {

		static Restored of(RestoreReport report) {
			WalPosition position = report.position();
			return new Restored(report.outputPath().toString(), report.replica(), position.generation().name(),
					position.index(), position.offset(), report.createdAt(), report.bytes(), report.sha256(),
					report.duration().toMillis(), report.segments());
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

	static double seconds(Duration duration) {
		return duration.toMillis() / 1000.0;
	}

}
