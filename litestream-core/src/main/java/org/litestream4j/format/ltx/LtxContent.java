package org.litestream4j.format.ltx;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreException;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.restore.DatabaseImage;
import org.litestream4j.restore.DraftException;
import org.litestream4j.restore.FetchException;
import org.litestream4j.restore.ObjectFetcher;
import org.litestream4j.restore.ObjectGoneException;
import org.litestream4j.restore.ObjectPrefetcher;
import org.litestream4j.restore.RestoreContent;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.restore.RestoreThreads;
import org.litestream4j.restore.SideBySide;
import org.litestream4j.restore.SnapshotContent;
import org.litestream4j.restore.UnusableSnapshotException;
import org.litestream4j.store.ArchivedObjectException;
import org.litestream4j.store.ObjectReader;

/**
 * Makes a database of the files of a plan in one pass. Large ones are read side by side
 * and merged, page by page in the order of the database, as compaction does it; what a
 * few small ones at the end change is laid over that, so that hundreds of them take no
 * stream each. Not thread-safe.
 */
final class LtxContent implements RestoreContent {

	/**
	 * Up to this size, fetching an object takes longer than anything that is done with
	 * it.
	 */
	private static final long SMALL = 128 << 10;

	private final LtxPlan plan;

	private final LtxListing listing;

	private final LtxReplica replica;

	private final RestoreMeter meter;

	/** How many files are merged. */
	private final int merged;

	private final RestoreThreads fetching;

	private final ObjectPrefetcher small;

	private final Merged base;

	/** Begins to fetch. */
	LtxContent(LtxPlan plan, LtxListing listing, LtxReplica replica, RestoreReading reading) throws IOException {
		this.plan = plan;
		this.listing = listing;
		this.replica = replica;
		this.meter = reading.meter();
		ObjectFetcher fetcher = new ObjectFetcher(replica.store(), new ObjectReader(replica.store()),
				reading.parallelism(), reading.sized());
		long memory = reading.memory() / 2;
		this.merged = merged(plan.files(), memory);
		// No more threads than have something to do: a stack takes as much as a small
		// file
		int atOnce = reading.parallelism() + plan.files().size() - this.merged;
		this.fetching = new RestoreThreads(Math.min(fetcher.parallelSmall(), atOnce));
		this.small = new ObjectPrefetcher(
				plan.files().subList(this.merged, plan.files().size()).stream().map(replica::object).iterator(),
				fetcher, this.fetching, memory);
		try {
			this.base = new Merged(plan.files().subList(0, this.merged), fetcher, memory, reading.parallelism());
		}
		catch (IOException | RuntimeException ex) {
			endFetching();
			throw ex;
		}
	}

	/**
	 * All up to the last one that is not small; but no more than memory allows, however
	 * many there are.
	 */
	private static int merged(List<LtxFile> files, long memory) {
		int count = files.size();
		while (count > 1 && files.get(count - 1).size() <= SMALL) {
			count--;
		}
		return (int) Math.max(1, Math.min(count, memory / SideBySide.leastMemory()));
	}

	@Override
	public SnapshotContent snapshot() {
		return this.base;
	}

	@Override
	public ReplicaPosition applyTo(DatabaseImage image) throws IOException {
		LtxHeader before = this.base.header();
		for (LtxFile file : this.plan.files().subList(this.merged, this.plan.files().size())) {
			try (InputStream stored = this.small.next(this.meter)) {
				before = apply(file, new LtxReader(stored), before, image);
			}
			catch (IOException ex) {
				throw failure(file, ex);
			}
			this.meter.advance(file.size());
		}
		return new TransactionId(this.plan.last().maxTxid());
	}

	private static LtxHeader apply(LtxFile file, LtxReader reader, LtxHeader before, DatabaseImage image)
			throws IOException {
		LtxHeader header = reader.header();
		header.requireNamed(file);
		if (header.pageSize() != before.pageSize()) {
			throw new LtxDamagedException(
					"it has pages of %d bytes, and those before of %d".formatted(header.pageSize(), before.pageSize()));
		}
		byte[] page = new byte[header.pageSize()];
		long added = 0;
		for (int number = reader.next(page); number != 0; number = reader.next(page)) {
			image.write((number - 1L) * page.length, page, 0, page.length);
			added += (number > before.pages()) ? 1 : 0;
		}
		header.requireGrowth(before.pages(), added);
		image.truncate((long) header.pages() * page.length);
		return header;
	}

	/** What is to be done about what went wrong with a file. */
	private IOException failure(LtxFile file, IOException ex) {
		if (ex instanceof FetchException || ex instanceof ObjectGoneException || ex instanceof DraftException
				|| ex instanceof RestoreException) {
			return ex;
		}
		String what = (ex instanceof ArchivedObjectException) ? "cannot be read" : "is damaged";
		String message = "The LTX file %s %s (%s): without it, %s".formatted(this.replica.name(file), what,
				ex.getMessage(), this.listing.describeRest(this.plan.last().maxTxid(), file::equals));
		return new UnusableSnapshotException(Kind.DAMAGED, this.replica.object(file), message, ex);
	}

	private void endFetching() {
		this.small.close();
		this.fetching.close();
	}

	@Override
	public void close() throws IOException {
		try {
			this.base.close();
		}
		finally {
			endFetching();
		}
	}

	/** The large files, as a database from its beginning to its end. */
	private final class Merged implements SnapshotContent {

		private final List<LtxFile> files;

		private final SideBySide streams;

		private final LtxMerge merge;

		/** The last page that was read, or passed over. */
		private int last;

		private boolean ended;

		Merged(List<LtxFile> files, ObjectFetcher fetcher, long memory, int parallelism) throws IOException {
			this.files = files;
			LtxReplica replica = LtxContent.this.replica;
			this.streams = new SideBySide(files.stream().map(replica::object).toList(), memory,
					replica.store().capabilities(), parallelism, fetcher, LtxContent.this.fetching,
					LtxContent.this.meter);
			try {
				this.merge = begin();
			}
			catch (IOException | RuntimeException ex) {
				close();
				throw ex;
			}
		}

		private LtxMerge begin() throws IOException {
			List<LtxReader> readers = new ArrayList<>();
			for (int i = 0; i < this.files.size(); i++) {
				LtxFile file = this.files.get(i);
				try {
					LtxReader reader = new LtxReader(this.streams.stream(i));
					reader.header().requireNamed(file);
					if (i > 0 && reader.header().pageSize() != readers.get(0).header().pageSize()) {
						throw new LtxDamagedException("it has pages of %d bytes, and those before of %d"
							.formatted(reader.header().pageSize(), readers.get(0).header().pageSize()));
					}
					readers.add(reader);
				}
				catch (IOException ex) {
					throw failure(file, ex);
				}
			}
			return new LtxMerge(readers);
		}

		LtxHeader header() {
			return this.merge.header();
		}

		@Override
		public int pageSize() {
			return header().pageSize();
		}

		/** The lock page, which no file holds, is all zeros. */
		@Override
		public int read(byte[] chunk) throws IOException {
			int filled = 0;
			while (filled < chunk.length && !this.ended) {
				if (this.last + 1 == header().lockPage() && this.last < header().pages()) {
					Arrays.fill(chunk, filled, filled + pageSize(), (byte) 0);
					this.last++;
				}
				else if (!readPage(chunk, filled)) {
					break;
				}
				filled += pageSize();
			}
			return filled;
		}

		private boolean readPage(byte[] chunk, int offset) throws IOException {
			int number;
			try {
				number = this.merge.next(chunk, offset);
			}
			catch (LtxMerge.InputException ex) {
				throw failure(this.files.get(ex.input()), ex.getCause());
			}
			if (number == 0 && this.last == header().pages()) {
				this.ended = true;
				return false;
			}
			if (number != this.last + 1) {
				throw new RestoreException(Kind.DAMAGED,
						"Page %d of %d is in none of the LTX files up to transaction %s: restore an earlier state"
							.formatted(this.last + 1, header().pages(), new TransactionId(header().maxTxid())));
			}
			this.last = number;
			return true;
		}

		@Override
		public void close() {
			this.streams.close();
		}

	}

}
