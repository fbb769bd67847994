package org.litestream4j.format.v03;

import org.litestream4j.database.DatabaseFile;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.history.HistorySource;
import org.litestream4j.inspect.ReplicaInspector;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.live.ShadowWal;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replication.ReplicaLog;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObservedStore;

/**
 * The format of Litestream v0.3.
 */
public final class V03Format implements ReplicaFormat {

	/** The only one: it has no state. */
	public static final V03Format INSTANCE = new V03Format();

	private V03Format() {
	}

	@Override
	public ObservedStore observe(ObjectStore store, String database, String replica, LitestreamListener listener) {
		return V03Replica.observe(store, database, replica, listener);
	}

	@Override
	public ReplicaLog log(ObjectStore store, ShadowWal shadow, DatabaseFile database) {
		return new V03Log(store, shadow);
	}

	@Override
	public LogAccess access(ObjectStore store) {
		return new V03Fences(new V03Replica(store));
	}

	@Override
	public RestoreSource source(ObjectStore store) {
		return new V03Replica(store);
	}

	@Override
	public HistorySource history(ObjectStore store) {
		return new V03History(new V03Replica(store));
	}

	@Override
	public ReplicaInspector inspector(ObjectStore store) {
		return new V03Inspector(new V03Replica(store));
	}

}
