package org.litestream4j.format.ltx;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.TransactionId;
import org.litestream4j.io.OnFailure;
import org.litestream4j.replication.ReplicaLog;
import org.litestream4j.store.Precondition;

/**
 * Makes one file of many: of a level what the level below holds since, and a snapshot of
 * all there is. What is compacted was stored for good, so that a late or a second
 * compaction tells the truth as well, and replaces what is there with the same. Takes the
 * buffers of as many files as are read side by side, and small files as a whole. Used by
 * one thread at a time.
 */
final class LtxCompactor {

	/** So many bytes of small files are fetched before anything is read of others. */
	private static final long IN_MEMORY = 16L << 20;

	private final LtxReplica replica;

	private final LtxKnown known;

	private final LtxRecent recent;

	/**
	 * Creates it.
	 * @param recent spares the store
	 */
	LtxCompactor(LtxReplica replica, LtxKnown known, LtxRecent recent) {
		this.recent = recent;
		this.replica = replica;
		this.known = known;
	}

	/**
	 * Compacts a level. One file has pages of one size: where a database was made anew
	 * with another one, the next file begins.
	 * @param level into which
	 * @return empty if there was nothing to do
	 */
	Optional<LtxFile> compact(int level) throws IOException {
		LtxCompaction next = LtxCompaction.next(this.known, level).orElse(null);
		if (next == null) {
			return Optional.empty();
		}
		LtxFile anew = null; // has pages of another size
		LtxFile made = null;
		while (made == null) {
			try {
				made = merge(next.sources(), next.target());
			}
			catch (LtxMerge.PageSizeException ex) {
				anew = next.sources().get(ex.input());
				next = next.ofFirst(ex.input());
			}
		}
		if (level == 1) {
			this.recent.compacted(made.maxTxid());
		}
		if (anew != null) {
			beginWith(anew);
		}
		return Optional.of(made);
	}

	/**
	 * Makes a snapshot of a file that begins with another page size, if none is there:
	 * what it continues by its name must not be needed to restore it.
	 */
	private void beginWith(LtxFile anew) throws IOException {
		if (this.known.whole().stream().noneMatch((whole) -> whole.maxTxid() >= anew.minTxid())) {
			merge(List.of(anew), LtxFile.named(LtxFile.SNAPSHOTS, 1, anew.maxTxid()));
		}
	}

	/**
	 * Makes a snapshot of everything up to a transaction.
	 * @param watch sees each byte, and may end it
	 * @return the one that is there, if it is all that there is
	 */
	LtxFile snapshot(long newest, ReplicaLog.SnapshotWatch watch) throws IOException {
		LtxChain chain = LtxChain.towards(this.known.all(), newest);
		while (chain.files().size() > LtxCompaction.MOST && compact(1).isPresent()) {
			chain = LtxChain.towards(this.known.all(), newest);
		}
		if (chain.reached() < newest) {
			throw new IOException("transaction %s is missing, without which no snapshot can be made"
				.formatted(new TransactionId(chain.reached() + 1)));
		}
		LtxFile last = chain.files().get(chain.files().size() - 1);
		if (chain.files().size() == 1 && last.level() == LtxFile.SNAPSHOTS) {
			return last;
		}
		List<LtxFile> sources = chain.files();
		while (true) {
			try {
				return merge(sources, LtxFile.named(LtxFile.SNAPSHOTS, 1, newest), watch::watch,
						watch::requireStillWanted);
			}
			catch (LtxMerge.PageSizeException ex) {
				// What begins with another page size has the whole database
				sources = sources.subList(ex.input(), sources.size());
			}
		}
	}

	/** Called before it is published. */
	@FunctionalInterface
	private interface Last {

		void check() throws IOException;

	}

	private LtxFile merge(List<LtxFile> sources, LtxFile target) throws IOException {
		return merge(sources, target, UnaryOperator.identity(), () -> {
		});
	}

	private LtxFile merge(List<LtxFile> sources, LtxFile target, UnaryOperator<OutputStream> watched, Last last)
			throws IOException {
		LtxHeader newest = header(sources.get(sources.size() - 1));
		LtxFile stored = this.replica.write(target, newest.time(), Map.of(), Precondition.NONE, (out) -> {
			try (LtxMerge merge = open(sources)) {
				LtxHeader header = merge.header().since(target.minTxid());
				LtxWriter writer = new LtxWriter(watched.apply(out), header);
				byte[] page = new byte[header.pageSize()];
				int before = 0;
				for (int number = merge.next(page); number != 0; number = merge.next(page)) {
					requireInOrder(header, LtxOrder.problem(header, before, number));
					writer.page(number, page, 0);
					before = number;
				}
				requireInOrder(header, LtxOrder.problemAtEnd(header, before));
				writer.finish();
				last.check();
			}
			catch (LtxMerge.InputException ex) {
				throw new IOException("%s: %s".formatted(this.replica.name(sources.get(ex.input())), ex.getMessage()),
						ex);
			}
		});
		this.known.stored(stored);
		return stored;
	}

	/** A whole file lacks no page. */
	private static void requireInOrder(LtxHeader header, @Nullable String problem) throws LtxDamagedException {
		if (problem != null) {
			throw new LtxDamagedException("transactions %s to %s lack pages of the database: %s"
				.formatted(new TransactionId(header.minTxid()), new TransactionId(header.maxTxid()), problem));
		}
	}

	private LtxMerge open(List<LtxFile> sources) throws IOException {
		Set<LtxFile> small = smallest(sources);
		List<LtxReader> readers = new ArrayList<>();
		try (OnFailure undo = OnFailure.run(() -> close(readers))) {
			for (LtxFile source : sources) {
				readers.add(new LtxReader(small.contains(source) ? fetch(source) : this.replica.open(source)));
			}
			return undo.keep(new LtxMerge(readers));
		}
	}

	private LtxHeader header(LtxFile file) throws IOException {
		byte[] kept = this.recent.content(file);
		return (kept != null) ? LtxHeader.parse(kept) : this.replica.header(file);
	}

	private static Set<LtxFile> smallest(List<LtxFile> sources) {
		List<LtxFile> sorted = new ArrayList<>(sources);
		sorted.sort(Comparator.comparingLong(LtxFile::size));
		Set<LtxFile> small = new HashSet<>();
		long bytes = 0;
		for (LtxFile source : sorted) {
			bytes += source.size();
			if (source.size() < 0 || bytes > IN_MEMORY) {
				break;
			}
			small.add(source);
		}
		return small;
	}

	private InputStream fetch(LtxFile source) throws IOException {
		byte[] kept = this.recent.content(source);
		if (kept != null) {
			return new ByteArrayInputStream(kept);
		}
		try (InputStream in = this.replica.open(source)) {
			return new ByteArrayInputStream(in.readAllBytes());
		}
	}

	private static void close(List<LtxReader> readers) throws IOException {
		for (LtxReader reader : readers) {
			reader.close();
		}
	}

}
