package org.litestream4j.format.ltx;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.LogAccess;

import static org.assertj.core.api.Assertions.assertThat;

/** What takes a replica over, when it takes long. */
class LtxFencesTests {

	private static final Writer WRITER = new Writer("00000000000000aa", 2);

	@TempDir
	private Path directory;

	private static WalPosition next(Catalog catalog) {
		WalPosition end = catalog.logs().get(0).end();
		return new WalPosition(end.generation(), end.index() + 1, 0);
	}

	@Test
	void fenceIsNoneWhereItsNumberWasTakenCompactedAndFreed() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			commits(writer, 3);
			LogAccess access = new LtxFences(new LtxReplica(writer.store()));
			WalPosition next = next(access.catalog());
			commits(writer, 2);
			writer.compact(1);
			writer.delete(0, 4);
			assertThat(access.putFence(next, WRITER)).isFalse();
			assertThat(new LtxReplica(writer.store()).list(0)).as("the one that was too late is gone")
				.extracting(LtxFile::maxTxid)
				.containsExactly(5L);
			assertThat(access.putFence(next(access.catalog()), WRITER)).isTrue();
		}
	}

	@Test
	void fencesOfOthersWhoTakeOverAtOnceDoNotKeepEachOtherFromBeingLast() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			commits(writer, 1);
			LogAccess access = new LtxFences(new LtxReplica(writer.store()));
			WalPosition next = next(access.catalog());
			LogAccess other = new LtxFences(new LtxReplica(writer.store()));
			assertThat(access.putFence(next, WRITER)).isTrue();
			assertThat(other.putFence(next(other.catalog()), new Writer("00000000000000bb", 3))).isTrue();
			assertThat(access.putFence(next, WRITER)).as("again, as the answer was lost").isTrue();
		}
	}

	private static void commits(LtxReplicaWriter writer, int count) throws Exception {
		for (int i = 0; i < count; i++) {
			writer.commit("INSERT INTO t (v) VALUES (randomblob(100))");
		}
	}

}
