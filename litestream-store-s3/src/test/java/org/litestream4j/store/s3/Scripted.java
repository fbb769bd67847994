package org.litestream4j.store.s3;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.testsupport.s3.ScriptedStore;

/** How a {@link ScriptedStore} is reached. */
final class Scripted {

	private Scripted() {
	}

	static S3Connection connection(ScriptedStore store) {
		return new S3Connection(store.endpoint(), "us-east-1", true, "key", "secret");
	}

	/** A replica in it. */
	static V03Replica replica(ScriptedStore store) {
		return new V03Replica(store(store));
	}

	/** A store at the same place. */
	static S3Store store(ScriptedStore store) {
		return new S3Store(S3Clients.create(connection(store), null), true, S3Location.of("bucket", "app"),
				S3ReplicaOptions.DEFAULTS);
	}

}
