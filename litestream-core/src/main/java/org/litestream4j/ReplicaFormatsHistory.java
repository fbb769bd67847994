package org.litestream4j;

import java.io.IOException;
import java.time.Instant;
import java.util.List;

import org.litestream4j.format.ltx.LtxFormat;
import org.litestream4j.format.ltx.LtxSource;
import org.litestream4j.format.v03.V03Format;
import org.litestream4j.history.HistoryPoint;
import org.litestream4j.history.HistorySource;
import org.litestream4j.history.HistoryView;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.store.ObjectStore;

/**
 * The past of a replica in whichever format it is: what lies there decides, as for a
 * restore. Where both lie, the one with the newer commits is the continuation of the
 * other. Thread-safe.
 */
final class ReplicaFormatsHistory implements HistorySource {

	private final ObjectStore store;

	private final HistorySource v03;

	private final HistorySource ltx;

	ReplicaFormatsHistory(ObjectStore store) {
		this.store = store;
		this.v03 = V03Format.INSTANCE.history(store);
		this.ltx = LtxFormat.of(LtxOptions.DEFAULTS).history(store);
	}

	@Override
	public HistoryView view() throws IOException {
		if (!new LtxSource(this.store).mayHoldFiles()) {
			return this.v03.view();
		}
		HistoryView files = this.ltx.view();
		if (!ReplicaFormats.holdsSegments(this.store)) {
			return files;
		}
		HistoryView segments = this.v03.view();
		boolean back = newest(segments.points()).isAfter(newest(files.points()));
		return back ? new ReplicaFormatsView(files, segments) : new ReplicaFormatsView(segments, files);
	}

	private static Instant newest(List<? extends HistoryPoint> points) {
		return points.isEmpty() ? Instant.MIN : points.get(points.size() - 1).storedAt();
	}

	@Override
	public RestoreSource restoreSource() {
		return ReplicaFormats.source(this.store);
	}

}
