package org.litestream4j.format.ltx;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ReplicaPosition;
import org.litestream4j.format.TransactionId;
import org.litestream4j.history.HistoryPoint;
import org.litestream4j.history.HistoryView;
import org.litestream4j.history.PointReader;
import org.litestream4j.restore.RestoreReading;

/**
 * The restore points of listed files: each transaction that one ends with, if some whole
 * file leads there without a gap. A file is a change wherever it begins no later than
 * after the state that it is applied to, as pages that it repeats are as they were. Not
 * thread-safe.
 */
final class LtxView implements HistoryView {

	private final LtxSource source;

	private final List<LtxFile> files;

	private final List<LtxPoint> points = new ArrayList<>();

	/** What is behind the first whole file, and nothing leads to. */
	private final List<LtxFile> unreachable = new ArrayList<>();

	LtxView(LtxSource source, List<LtxFile> files) {
		this.source = source;
		this.files = files;
		TreeMap<Long, List<LtxFile>> ends = new TreeMap<>();
		files.forEach((file) -> ends.computeIfAbsent(file.maxTxid(), (txid) -> new ArrayList<>()).add(file));
		ends.values().forEach(this::addPoint);
	}

	private void addPoint(List<LtxFile> ending) {
		long before = before();
		LtxFile change = smallest(ending, changed());
		LtxFile behindSnapshot = smallest(ending, before);
		if (change != null) {
			this.points.add(new LtxPoint(change, last().line(), before, changed()));
		}
		else if (behindSnapshot != null) {
			// Nothing else leads here: the last snapshot begins a line of its own
			LtxPoint snapshot = this.points.remove(this.points.size() - 1);
			String line = "transactions from " + snapshot.end();
			this.points.add(new LtxPoint(snapshot.file(), line, snapshot.before(), 0));
			this.points.add(new LtxPoint(behindSnapshot, line, before, before));
		}
		else {
			ending.stream()
				.filter(LtxFile::isWhole)
				.min(Comparator.comparingLong(LtxFile::size))
				.ifPresentOrElse((whole) -> this.points.add(new LtxPoint(whole, lineOfSnapshot(whole), before, 0)),
						() -> this.unreachable.addAll(this.points.isEmpty() ? List.of() : ending));
		}
	}

	private String lineOfSnapshot(LtxFile whole) {
		return this.points.isEmpty() ? "transactions from " + new TransactionId(whole.maxTxid()) : last().line();
	}

	private static @Nullable LtxFile smallest(Collection<LtxFile> files, long base) {
		return files.stream()
			.filter((file) -> base > 0 && !file.isWhole() && file.minTxid() <= base + 1)
			.min(Comparator.comparingLong(LtxFile::size))
			.orElse(null);
	}

	private LtxPoint last() {
		return this.points.get(this.points.size() - 1);
	}

	/** The last state that can be restored. */
	private long before() {
		return this.points.isEmpty() ? 0 : last().txid();
	}

	/** The last state of the line that more than a snapshot leads to. */
	private long changed() {
		for (int i = this.points.size() - 1; i >= 0; i--) {
			LtxPoint point = this.points.get(i);
			boolean first = i == 0 || !this.points.get(i - 1).line().equals(point.line());
			if (point.isChange() || first) {
				return point.txid();
			}
		}
		return 0;
	}

	@Override
	public List<LtxPoint> points() {
		return this.points;
	}

	@Override
	public int newestAt(Instant time) throws IOException {
		if (this.points.isEmpty()) {
			return -1;
		}
		return placeOf(this.source.newestAsOf(this.files, time));
	}

	/** The last point that is not behind a transaction. */
	private int placeOf(long txid) {
		int low = 0;
		int high = this.points.size();
		while (low < high) {
			int middle = (low + high) >>> 1;
			if (this.points.get(middle).txid() <= txid) {
				low = middle + 1;
			}
			else {
				high = middle;
			}
		}
		return low - 1;
	}

	@Override
	public List<Step> between(int from, int to) {
		LtxPoint begin = this.points.get(from);
		return LtxWay.cheapest(this.files, begin.txid(), this.points.get(to).txid())
			.stream()
			.map((file) -> new Step(placeOf(file.maxTxid()),
					new LtxPoint(file, begin.line(), begin.txid(), begin.txid())))
			.toList();
	}

	/** What nothing leads to although something should. */
	List<LtxFile> cutOff() {
		LtxListing listing = new LtxListing(this.files, null);
		return this.unreachable.stream().filter(listing::isCutOff).toList();
	}

	@Override
	public @Nullable String holes() {
		List<LtxFile> lost = cutOff();
		return lost.isEmpty() ? null
				: "%d LTX files from transaction %s on cannot be restored, as one before them is missing"
					.formatted(lost.size(), new TransactionId(lost.get(0).minTxid()));
	}

	@Override
	public PointReader open(List<? extends HistoryPoint> wanted, @Nullable ReplicaPosition from, RestoreReading reading)
			throws IOException {
		List<LtxPoint> all = wanted.stream().map(LtxPoint.class::cast).toList();
		return new LtxPointReader(this.source.replica(), all, from == null, reading);
	}

}
