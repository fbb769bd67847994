package org.litestream4j;

import java.io.IOException;
import java.util.Optional;

import org.litestream4j.format.ltx.LtxFormat;
import org.litestream4j.format.spi.ReplicaFormat;
import org.litestream4j.format.v03.V03Format;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.history.HistorySource;
import org.litestream4j.inspect.ReplicaInspector;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.restore.RestoreSource;
import org.litestream4j.store.ObjectStore;

/**
 * The one place that chooses the format of a replica.
 */
@Internal
public final class ReplicaFormats {

	private ReplicaFormats() {
	}

	/**
	 * {@return the format that a replica is in} Where none is configured it is found out
	 * by whichever of its parts asks the store first, and then the same for all that are
	 * opened by what this returned.
	 * @param replica the replica
	 */
	public static ReplicaFormat of(Replica replica) {
		BackupFormat format = replica.options().format();
		return (format != null) ? of(replica, format) : new ReplicaFormatsFound(replica);
	}

	static ReplicaFormat of(Replica replica, BackupFormat format) {
		return switch (format) {
			case LTX -> LtxFormat.of(replica.options().ltx());
			case V3 -> V03Format.INSTANCE;
		};
	}

	/**
	 * {@return a replica to restore from, in whichever format it is}
	 * @param store keeps its objects; stays open
	 */
	public static RestoreSource source(ObjectStore store) {
		return new ReplicaFormatsSource(store);
	}

	/**
	 * {@return a replica whose past is looked at, in whichever format it is}
	 * @param database the database's name, for the listener
	 * @param replica the replica; stays open
	 * @param listener hears of each request
	 */
	public static HistorySource history(String database, Replica replica, LitestreamListener listener) {
		return new ReplicaFormatsHistory(of(replica).observe(replica.store(), database, replica.name(), listener));
	}

	/**
	 * {@return a replica that is looked at, in whichever format it is}
	 * @param store keeps its objects; stays open
	 */
	public static ReplicaInspector inspector(ObjectStore store) {
		return new ReplicaFormatsInspector(store);
	}

	/**
	 * Looks for a backup in another format than the one that a replica is to be written
	 * in, as is left where the format was changed: nothing writes to that any more, and
	 * nothing deletes it.
	 * @param replica the replica
	 * @param store keeps its objects
	 * @return what is there, in one sentence that says what to do about it; empty if
	 * nothing is, or no format is configured: then the log says so where it is settled
	 * @throws IOException if the store cannot be read
	 */
	public static Optional<String> leftover(Replica replica, ObjectStore store) throws IOException {
		BackupFormat format = replica.options().format();
		return (format != null) ? ReplicaFormatsLeftover.find(store, format).map(ReplicaFormatsLeftover::sentence)
				: Optional.empty();
	}

	/** Whether there is any generation, in the format of v0.3. */
	static boolean holdsSegments(ObjectStore store) throws IOException {
		return !new V03Replica(store).generations().isEmpty();
	}

}
