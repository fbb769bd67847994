package org.litestream4j;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

import org.litestream4j.format.ltx.LtxSource;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.store.ObjectStore;

/**
 * What a replica still holds in the format that it is not written in. Retention knows one
 * format, and to delete the other one without being asked would take states that somebody
 * may have kept it for: so it is only named.
 *
 * @param written the format that the replica is written in
 * @param place where the other one is, below the replica's place
 */
record ReplicaFormatsLeftover(BackupFormat written, String place) {

	/** Costs one request where there is nothing. */
	static Optional<ReplicaFormatsLeftover> find(ObjectStore store, BackupFormat written) throws IOException {
		LtxSource ltx = new LtxSource(store);
		List<String> names = store.directories("");
		boolean there = switch (written) {
			case LTX -> names.contains(ReplicaLayout.GENERATIONS) && ReplicaFormats.holdsSegments(store);
			case V3 -> ltx.mayHoldFiles(names) && ltx.holdsBackupAfterAll();
		};
		return there ? Optional.of(of(store, written)) : Optional.empty();
	}

	/** That it is there is known. */
	static ReplicaFormatsLeftover of(ObjectStore store, BackupFormat written) {
		return new ReplicaFormatsLeftover(written,
				(written == BackupFormat.LTX) ? ReplicaLayout.GENERATIONS + "/" : new LtxSource(store).place());
	}

	String sentence() {
		return "is written in %s, and a backup in %s lies beside that in %s: %s".formatted(
				(this.written == BackupFormat.LTX) ? "LTX" : "the format of v0.3",
				(this.written == BackupFormat.LTX) ? "the format of v0.3" : "LTX", this.place, advice());
	}

	/** What follows from it. */
	String advice() {
		return "nothing writes to that any more and nothing deletes it, restores still find its states, and %s may be deleted by hand once none of them is needed"
			.formatted(this.place);
	}

}
