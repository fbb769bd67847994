package org.litestream4j.testing;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.store.ForwardingStore;
import org.litestream4j.store.ObjectStore;

/** Passes everything on; a test overrides what it wants to go wrong. */
public class DelegatingStore extends ForwardingStore {

	public DelegatingStore(ObjectStore store) {
		super(store);
	}

	/** Stands around the store of a replica. */
	public DelegatingStore(V03Replica replica) {
		this(replica.store());
	}

	/** What goes wrong goes wrong there, too. */
	@Override
	public ObjectStore afresh() {
		return this;
	}

	/** Whether a name is a segment's, or its directory. */
	public static boolean isWal(String name) {
		return (name + '/').contains("/wal/");
	}

	/** Whether a name is a snapshot's, or its directory. */
	public static boolean isSnapshots(String name) {
		return (name + '/').contains("/snapshots/");
	}

}
