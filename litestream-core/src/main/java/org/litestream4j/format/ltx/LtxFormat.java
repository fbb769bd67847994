package org.litestream4j.format.ltx;

import org.litestream4j.LtxOptions;
import org.litestream4j.database.DatabaseFile;
import org.litestream4j.history.HistorySource;
import org.litestream4j.inspect.ReplicaInspector;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.ReplicaLog;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObservedStore;

/**
 * The format of Litestream v0.5.
 */
public final class LtxFormat implements ReplicaFormat {

	private final LtxOptions options;

	private LtxFormat(LtxOptions options) {
		this.options = options;
	}

	/**
	 * {@return the format}
	 * @param options how replicas are kept small
	 */
	public static LtxFormat of(LtxOptions options) {
		return new LtxFormat(options);
	}

	@Override
	public ObservedStore observe(ObjectStore store, String database, String replica, LitestreamListener listener) {
		return LtxReplica.observe(store, database, replica, listener);
	}

	@Override
	public ReplicaLog log(ObjectStore store, ShadowWal shadow, DatabaseFile database) {
		return new LtxLog(store, shadow, database, this.options);
	}

	@Override
	public LogAccess access(ObjectStore store) {
		return new LtxFences(new LtxReplica(store));
	}

	@Override
	public RestoreSource source(ObjectStore store) {
		return new LtxSource(store);
	}

	@Override
	public HistorySource history(ObjectStore store) {
		return new LtxHistory(new LtxSource(store));
	}

	@Override
	public ReplicaInspector inspector(ObjectStore store) {
		return new LtxInspector(new LtxSource(store));
	}

}
