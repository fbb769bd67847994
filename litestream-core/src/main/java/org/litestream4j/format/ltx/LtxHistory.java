package org.litestream4j.format.ltx;

import java.io.IOException;

import org.litestream4j.history.HistorySource;
import org.litestream4j.history.HistoryView;
import org.litestream4j.restore.RestoreSource;

/**
 * The past that the files of a replica tell. Thread-safe.
 *
 * @param source lists the replica
 */
record LtxHistory(LtxSource source) implements HistorySource {

	@Override
	public HistoryView view() throws IOException {
		return new LtxView(this.source, this.source.list());
	}

	@Override
	public RestoreSource restoreSource() {
		return this.source;
	}

}
