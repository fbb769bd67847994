package org.litestream4j.format.ltx;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import org.litestream4j.RestoreTarget;
import org.litestream4j.restore.ReplicaCatalogue;
import org.litestream4j.restore.RestorePlan;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.restore.RestoreThreads;
import org.litestream4j.store.ObjectStore;

/**
 * An LTX replica to restore from. Thread-safe.
 */
public final class LtxSource implements RestoreSource {

	private static final List<Integer> EVERY_LEVEL = IntStream.rangeClosed(0, LtxFile.SNAPSHOTS).boxed().toList();

	private final LtxReplica replica;

	/**
	 * Opens a replica. Does no I/O.
	 * @param store keeps its files
	 */
	public LtxSource(ObjectStore store) {
		this.replica = new LtxReplica(store);
	}

	/**
	 * Lists all levels, at the same time: what is compacted meanwhile is kept for a while
	 * on its old level, so that one of the two lists it.
	 */
	@Override
	public ReplicaCatalogue catalogue(RestoreTarget target) throws IOException {
		return catalogueOf(target, EVERY_LEVEL);
	}

	/**
	 * As {@link #catalogue(RestoreTarget)}, without asking for what is not there.
	 * @param target what is wanted
	 * @param directories at the replica's place, as just listed
	 * @return what there is
	 * @throws IOException if the store cannot be read
	 */
	public ReplicaCatalogue catalogue(RestoreTarget target, List<String> directories) throws IOException {
		return catalogueOf(target, LtxNames.of(this.replica.store()).levels(directories));
	}

	private ReplicaCatalogue catalogueOf(RestoreTarget target, List<Integer> levels) throws IOException {
		List<LtxFile> files = list(levels);
		Instant timestamp = target.timestamp();
		Long asOf = (timestamp != null && !files.isEmpty()) ? newestAsOf(files, timestamp) : null;
		return new LtxCatalogue(this.replica, new LtxListing(files, asOf));
	}

	LtxReplica replica() {
		return this.replica;
	}

	/**
	 * {@return where all files are, below the replica's place, for people}
	 */
	public String place() {
		return LtxNames.of(this.replica.store()).place();
	}

	/**
	 * {@return whether there is a directory of any level, by a single request}
	 * @throws IOException if the store cannot be read
	 */
	public boolean mayHoldFiles() throws IOException {
		return mayHoldFiles(this.replica.store().directories(""));
	}

	/**
	 * {@return whether there is a directory of any level}
	 * @param directories at the replica's place
	 */
	public boolean mayHoldFiles(List<String> directories) {
		return directories.stream().anyMatch(LtxNames.of(this.replica.store())::isTop);
	}

	/**
	 * Lists again what seems to lack a transaction: a listing that lasts while somebody
	 * writes may show a file and lack one that was stored before it. What one listing
	 * shows was stored before the next one begins, and so was all before it: the second
	 * one lacks nothing up to where the first one ends.
	 */
	List<LtxFile> list() throws IOException {
		return list(EVERY_LEVEL);
	}

	private List<LtxFile> list(List<Integer> first) throws IOException {
		List<LtxFile> files = listOnce(first);
		if (LtxListing.isWithoutGaps(files)) {
			return files;
		}
		long end = files.stream().mapToLong(LtxFile::maxTxid).max().orElse(0);
		return listOnce(EVERY_LEVEL).stream().filter((file) -> file.maxTxid() <= end).toList();
	}

	private List<LtxFile> listOnce(List<Integer> wanted) throws IOException {
		int atOnce = Math.max(1, Math.min(this.replica.store().capabilities().concurrentReads(), wanted.size()));
		List<LtxFile> files = new ArrayList<>();
		try (RestoreThreads threads = new RestoreThreads(atOnce)) {
			List<Future<List<LtxFile>>> levels = new ArrayList<>();
			for (int level : wanted) {
				levels.add(threads.submit(() -> this.replica.list(level)));
			}
			for (Future<List<LtxFile>> level : levels) {
				files.addAll(await(level));
			}
		}
		return files;
	}

	private static <T> T await(Future<T> future) throws IOException {
		try {
			return future.get();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("Interrupted while listing", ex);
		}
		catch (ExecutionException | CancellationException ex) {
			if (ex.getCause() instanceof IOException cause) {
				throw cause;
			}
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * The last transaction that was committed by then, of those that a file ends with:
	 * each one while its level 0 is there, and after that the last of each compacted
	 * file. Transactions are committed one after the other, so a few headers tell.
	 * @return 0 if all are newer
	 */
	long newestAsOf(List<LtxFile> files, Instant timestamp) throws IOException {
		List<LtxFile> ends = ends(files);
		int known = -1; // the last one that is not newer
		int newer = ends.size();
		while (newer - known > 1) {
			int middle = (known + newer) >>> 1;
			Instant time = time(ends.get(middle));
			if (time.isAfter(timestamp)) {
				newer = middle;
			}
			else {
				known = middle;
			}
		}
		return (known < 0) ? 0 : ends.get(known).maxTxid();
	}

	/**
	 * One file for each transaction that a file ends with. The time of a snapshot is the
	 * one at which Litestream took it, so another one is asked where there is one.
	 */
	private static List<LtxFile> ends(List<LtxFile> files) {
		NavigableMap<Long, LtxFile> ends = new TreeMap<>();
		files.stream()
			.sorted(Comparator.comparingInt(LtxFile::level))
			.forEach((file) -> ends.putIfAbsent(file.maxTxid(), file));
		return List.copyOf(ends.values());
	}

	/** A file that cannot tell its time was stored after it at least. */
	private Instant time(LtxFile file) throws IOException {
		try {
			return this.replica.header(file).time();
		}
		catch (NoSuchFileException | LtxDamagedException ex) {
			return file.storedAt();
		}
	}

	@Override
	public boolean planned(RestorePlan plan) {
		return plan instanceof LtxPlan;
	}

	@Override
	public Instant newestCommit(RestorePlan plan) throws IOException {
		return time(((LtxPlan) plan).last());
	}

	@Override
	public boolean holdsBackupAfterAll() throws IOException {
		LtxReplica again = this.replica.afresh();
		for (int level = LtxFile.SNAPSHOTS; level >= 0; level--) {
			if (!again.list(level).isEmpty()) {
				return true;
			}
		}
		return false;
	}

}
