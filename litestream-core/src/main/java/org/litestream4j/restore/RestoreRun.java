package org.litestream4j.restore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.io.Disk;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.restore.RestoreException.Kind;

/**
 * Carries out one plan: everything is written to a draft, which is published only once
 * all of it was verified. Not thread-safe.
 */
final class RestoreRun {

	private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

	private static final int CHUNK = 1 << 20;

	private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

	private static final int SMALLEST_DATABASE = 512;

	private final RestorePlan plan;

	private final GenerationListing listing;

	private final RestoreOptions options;

	private final RestoreMeter meter;

	private final ObjectFetcher fetcher;

	private final ObjectDecoder decoder;

	RestoreRun(RestorePlan plan, GenerationListing listing, ReplicaClient client, RestoreOptions options,
			RestoreMeter meter) throws IOException {
		this.plan = plan;
		this.listing = listing;
		this.options = options;
		this.meter = meter;
		this.fetcher = new ObjectFetcher(client, options.parallelism(), FIRST_PAUSE);
		this.decoder = new ObjectDecoder();
	}

	RestoredFile run(Disk disk, RestoreOutput output) throws IOException {
		try (RestoreDraft draft = RestoreDraft.create(disk, output);
				RestoreThreads fetching = new RestoreThreads(this.options.parallelism());
				RestoreThreads helpers = new RestoreThreads(2)) {
			WalPosition position;
			try (SegmentPrefetcher segments = new SegmentPrefetcher(this.plan.segments(), this.fetcher, fetching)) {
				int pageSize = copySnapshot(draft.file(), helpers);
				position = applySegments(segments, new WalApplier(draft.file(), pageSize));
			}
			long bytes = draft.file().size();
			String sha256 = verify(draft, helpers);
			this.meter.checkCancelled();
			draft.publish(output);
			return new RestoredFile(position, this.plan.createdAt(), bytes, sha256, this.meter.elapsed(),
					this.plan.segments().size());
		}
	}

	/** Writes one chunk while the next is decompressed. */
	private int copySnapshot(Disk.DiskFile file, RestoreThreads helpers) throws IOException {
		byte[] chunk = new byte[CHUNK];
		byte[] spare = new byte[CHUNK];
		Future<Long> written = CompletableFuture.completedFuture(0L);
		int pageSize = 0;
		try (InputStream stored = this.fetcher.open(this.plan.snapshot())) {
			InputStream in = this.decoder.decode(this.meter.measure(stored));
			int length;
			while ((length = readChunk(in, chunk)) > 0) {
				pageSize = (pageSize != 0) ? pageSize : pageSize(chunk, length);
				written = writeBehind(file, RestoreThreads.await(written, this.meter), chunk, length, helpers);
				byte[] free = spare;
				spare = chunk;
				chunk = free;
			}
		}
		if (RestoreThreads.await(written, this.meter) == 0) {
			throw damagedSnapshot("it is empty", null);
		}
		return pageSize;
	}

	private static Future<Long> writeBehind(Disk.DiskFile file, long position, byte[] chunk, int length,
			RestoreThreads helpers) {
		return helpers.submit(() -> {
			file.write(position, chunk, 0, length);
			return position + length;
		});
	}

	private int readChunk(InputStream in, byte[] chunk) throws IOException {
		try {
			return in.readNBytes(chunk, 0, chunk.length);
		}
		catch (FetchException | ObjectGoneException | RestoreException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw damagedSnapshot(String.valueOf(ex.getMessage()), ex);
		}
	}

	/* Database header: 0 "SQLite format 3\0" | 16 page size, big-endian, 1 means 65536 */
	private int pageSize(byte[] chunk, int length) throws RestoreException {
		if (length < SMALLEST_DATABASE || !Arrays.equals(chunk, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
			throw damagedSnapshot("it is no SQLite database", null);
		}
		int stored = ((chunk[16] & 0xff) << 8) | (chunk[17] & 0xff);
		return (stored == 1) ? 65536 : stored;
	}

	private RestoreException damagedSnapshot(String what, @Nullable Throwable cause) {
		Snapshot snapshot = this.plan.snapshot();
		WalPosition end = new WalPosition(this.plan.generation(), Integer.MAX_VALUE, WalPosition.MAX_OFFSET);
		String message = "The snapshot %s is damaged (%s): %s".formatted(snapshot.objectName(), what,
				RestorablePoint.describe(this.listing.without(snapshot::equals).newestBefore(end)));
		return new UnusableSnapshotException(Kind.DAMAGED, snapshot, message, cause);
	}

	private WalPosition applySegments(SegmentPrefetcher segments, WalApplier applier) throws IOException {
		WalSegment last = null;
		boolean cut = false;
		for (WalSegment segment : this.plan.segments()) {
			if (!applier.follows(segment)) {
				WalPosition expected = applier.position();
				throw new RestoreException(Kind.DAMAGED,
						RestorePlanner.missing(this.listing, (expected != null) ? expected : segment.start().at(0)));
			}
			Long endOffset = isLast(segment) ? this.plan.endOffset() : null;
			try (InputStream stored = segments.next(this.meter)) {
				cut = applier.apply(segment, this.decoder.decode(stored), endOffset);
			}
			catch (FetchException | ObjectGoneException | RestoreException ex) {
				throw ex;
			}
			catch (IOException ex) {
				throw new RestoreException(
						Kind.DAMAGED, "The WAL segment %s is damaged (%s): %s".formatted(segment.objectName(),
								ex.getMessage(), RestorablePoint.describe(this.listing.newestBefore(segment.start()))),
						ex);
			}
			this.meter.advance(segment.size());
			last = segment;
		}
		applier.finishIndex();
		requireEnd(applier, last, cut);
		WalPosition end = applier.position();
		return (end != null) ? end : this.plan.lastStart();
	}

	private boolean isLast(WalSegment segment) {
		return segment.equals(this.plan.segments().get(this.plan.segments().size() - 1));
	}

	/** Requires that the wanted offset was reached exactly, where one was given. */
	private void requireEnd(WalApplier applier, @Nullable WalSegment last, boolean cut) throws RestoreException {
		Long wanted = this.plan.endOffset();
		if (wanted == null) {
			return;
		}
		WalPosition end = applier.position();
		if (end == null || end.offset() != wanted || !applier.isCommitted()) {
			throw new RestoreException(Kind.NO_SUCH_STATE,
					(end != null && end.offset() < wanted)
							? "Offset %d is not in the replica: its WAL ends at %s".formatted(wanted, end)
							: "No transaction ends at offset %d of %s: a transaction's end is expected"
								.formatted(wanted, this.plan.lastStart()));
		}
		Snapshot snapshot = this.plan.snapshot();
		if (cut && last != null && last.index() == snapshot.index()
				&& !last.createdAt().isAfter(snapshot.createdAt())) {
			// the snapshot may hold what the segment holds behind the wanted offset
			throw new UnusableSnapshotException(Kind.NO_SUCH_STATE, snapshot,
					"%s cannot be restored: the snapshot %s may be newer".formatted(end, snapshot.objectName()), null);
		}
	}

	/** Three slow things that do not depend on each other. */
	private String verify(RestoreDraft draft, RestoreThreads helpers) throws IOException {
		Path path = draft.path();
		Future<Path> forced = helpers.submit(() -> {
			draft.file().force();
			return path;
		});
		Future<String> sha256 = helpers.submit(() -> Sha256.of(path));
		IntegrityChecker.check(path, this.options.integrityCheck(), this.meter);
		RestoreThreads.await(forced, this.meter);
		return RestoreThreads.await(sha256, this.meter);
	}

}
