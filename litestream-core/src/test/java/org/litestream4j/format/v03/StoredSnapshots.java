package org.litestream4j.format.v03;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;

import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.Snapshot;
import org.litestream4j.restore.SnapshotContent;

/** Reads snapshots for tests of other packages. */
public final class StoredSnapshots {

	private StoredSnapshots() {
	}

	/** The content of a snapshot that is stored as the given bytes. */
	public static SnapshotContent open(Snapshot snapshot, byte[] stored) throws IOException {
		return new SnapshotSource(snapshot, new ReplicaListing(List.of(), List.of(), false, null), ObjectCodec.LZ4,
				new ByteArrayInputStream(stored));
	}

}
