package org.litestream4j.format.ltx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.history.HistoryPoint;
import org.litestream4j.history.PointReader;
import org.litestream4j.history.RestorePoint;
import org.litestream4j.restore.FetchException;
import org.litestream4j.restore.ObjectFetcher;
import org.litestream4j.restore.ObjectGoneException;
import org.litestream4j.restore.ObjectPrefetcher;
import org.litestream4j.restore.RestoreMeter;
import org.litestream4j.restore.RestoreReading;
import org.litestream4j.restore.RestoreThreads;
import org.litestream4j.store.ArchivedObjectException;
import org.litestream4j.store.ObjectReader;
import org.litestream4j.store.StoredObject;

/**
 * Reads the pages of files. Where they are only counted, of a large one no more is read
 * than its header and its index of pages. Not thread-safe.
 */
final class LtxPointReader implements PointReader {

	/** Up to this size, to fetch a whole file takes no longer than to fetch its ends. */
	private static final long SMALL = 128 << 10;

	/** As much of a file's end as is read at once. */
	private static final long TAIL = 64 << 10;

	private final LtxReplica replica;

	private final Deque<LtxPoint> points;

	private final boolean counting;

	private final RestoreMeter meter;

	private final ObjectFetcher fetcher;

	private final RestoreThreads fetching;

	private final ObjectPrefetcher objects;

	/** Begins to fetch. */
	LtxPointReader(LtxReplica replica, List<LtxPoint> points, boolean counting, RestoreReading reading) {
		this.replica = replica;
		this.points = new ArrayDeque<>(points);
		this.counting = counting;
		this.meter = reading.meter();
		this.fetcher = new ObjectFetcher(replica.store(), new ObjectReader(replica.store()), reading.parallelism(),
				reading.sized());
		this.fetching = new RestoreThreads(Math.max(1, Math.min(this.fetcher.parallelSmall(), points.size())));
		List<LtxPoint> whole = points.stream().filter((point) -> !isCountedByEnds(point)).toList();
		this.objects = new ObjectPrefetcher(whole.stream().map((point) -> replica.object(point.file())).iterator(),
				this.fetcher, this.fetching, reading.memory());
	}

	private boolean isCountedByEnds(LtxPoint point) {
		return this.counting && (point.file().size() > SMALL || !point.isChange());
	}

	@Override
	public Content next(ChangeVisitor visitor) throws IOException {
		LtxPoint point = this.points.remove();
		Guarded guarded = new Guarded(visitor);
		try (InputStream stored = this.objects.next(this.meter)) {
			LtxReader reader = new LtxReader(stored);
			LtxHeader header = reader.header();
			header.requireNamed(point.file());
			byte[] page = new byte[header.pageSize()];
			for (int number = reader.next(page); number != 0; number = reader.next(page)) {
				guarded.page(number, page, 0, page.length);
			}
			guarded.commit(header.pages(), point.end());
			this.meter.advance(point.storedBytes());
			return new Content(header.time(), point.end());
		}
		catch (IOException ex) {
			throw (ex == guarded.failure) ? ex : failure(point.file(), ex);
		}
	}

	@Override
	public RestorePoint count(HistoryPoint point) throws IOException {
		LtxPoint next = this.points.getFirst();
		if (!isCountedByEnds(next)) {
			return PointReader.super.count(point);
		}
		this.points.remove();
		try {
			LtxFile file = next.file();
			byte[] begin = this.fetcher.fetch(this.replica.object(file), 0,
					Math.min(LtxHeader.SIZE, next.storedBytes()));
			LtxHeader header = LtxHeader.parse(begin);
			header.requireNamed(file);
			Long pages = next.isChange() ? (Long) countPages(file) : null;
			return new RestorePoint(header.time(), next.storedAt(), next.start(), next.end(), next.storedBytes(),
					next.transactions(), pages, (long) header.pages(), null);
		}
		catch (IOException ex) {
			throw failure(next.file(), ex);
		}
	}

	private long countPages(LtxFile file) throws IOException {
		StoredObject object = this.replica.object(file);
		long begin = Math.max(LtxHeader.SIZE, file.size() - TAIL);
		byte[] tail = this.fetcher.fetch(object, begin, file.size());
		int end = tail.length - LtxWriter.TRAILER - Long.BYTES; // of the index
		long size = (end > 0) ? ByteBuffer.wrap(tail).getLong(end) : 0;
		if (size < 1 || size > file.size() - LtxHeader.SIZE) {
			throw new LtxDamagedException("its index has %d bytes".formatted(size));
		}
		int here = (int) Math.min(size, end);
		long numbers = PageIndex.numbers(tail, end - here, end);
		for (long to = begin; to > begin + end - size;) {
			long from = Math.max(begin + end - size, to - TAIL);
			byte[] part = this.fetcher.fetch(object, from, to);
			numbers += PageIndex.numbers(part, 0, part.length);
			to = from;
		}
		return (numbers - 1) / PageIndex.NUMBERS; // a zero ends it
	}

	private IOException failure(LtxFile file, IOException ex) {
		if (ex instanceof FetchException || ex instanceof ObjectGoneException || ex instanceof RestoreException) {
			return ex;
		}
		String what = (ex instanceof ArchivedObjectException) ? "cannot be read" : "is damaged";
		return new RestoreException(Kind.DAMAGED,
				"The LTX file %s %s (%s)".formatted(this.replica.name(file), what, ex.getMessage()), ex);
	}

	@Override
	public void close() {
		this.objects.close();
		this.fetching.close();
	}

	/** Tells what fails in the visitor from what fails in the file. */
	private static final class Guarded implements ChangeVisitor {

		private final ChangeVisitor visitor;

		@Nullable private IOException failure;

		Guarded(ChangeVisitor visitor) {
			this.visitor = visitor;
		}

		@Override
		public void page(long page, byte[] bytes, int offset, int length) throws IOException {
			try {
				this.visitor.page(page, bytes, offset, length);
			}
			catch (IOException ex) {
				this.failure = ex;
				throw ex;
			}
		}

		@Override
		public void commit(long pages, ReplicaPosition end) throws IOException {
			try {
				this.visitor.commit(pages, end);
			}
			catch (IOException ex) {
				this.failure = ex;
				throw ex;
			}
		}

	}

}
