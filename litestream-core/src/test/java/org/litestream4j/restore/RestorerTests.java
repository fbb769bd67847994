package org.litestream4j.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.restore.RestoreOptions.IntegrityCheck;

import static org.assertj.core.api.Assertions.assertThat;

class RestorerTests {

	private static final RestoreOptions FULL_CHECK = new RestoreOptions(4, IntegrityCheck.FULL);

	@TempDir
	private Path directory;

	static Stream<RecordedReplica.Expected> everyTarget() {
		return RecordedReplica.NAMES.stream().flatMap((name) -> RecordedReplica.of(name).restores().stream());
	}

	@ParameterizedTest
	@MethodSource("everyTarget")
	void restoreGivesTheBytesThatLitestreamsGives(RecordedReplica.Expected expected) throws Exception {
		RestoredFile restored = restore(expected.replica(), expected.target());
		assertThat(restored.sha256()).isEqualTo(expected.sha256());
		assertThat(restored.bytes()).isEqualTo(expected.size());
		assertThat(Sha256.of(output())).isEqualTo(expected.sha256());
		assertThat(names()).containsExactly("app.db");
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(output()))).isEqualTo("rw-------");
	}

	@Test
	void everyReplicaHasTargets() {
		assertThat(everyTarget()).hasSize(63);
	}

	@Test
	void resultNamesWhatWasRestored() throws Exception {
		RecordedReplica replica = RecordedReplica.of("gens");
		RestoredFile restored = restore(replica, RestoreTarget.LATEST);
		Generation generation = new Generation("b8e9afb5e0717645");
		assertThat(restored.position()).isEqualTo(new WalPosition(generation, 1, 4152));
		assertThat(restored.segments()).isEqualTo(6);
		assertThat(restored.createdAt())
			.isEqualTo(replica.createdAt("generations/b8e9afb5e0717645/wal/00000001_00000000.wal.lz4"));
	}

	private RestoredFile restore(RecordedReplica replica, RestoreTarget target) throws IOException {
		try (FileReplicaClient client = replica.copyTo(this.directory.resolve("replica"))) {
			return new Restorer("app", "file", client).restore(RestoreOutput.newFile(output()), target, FULL_CHECK,
					RestoreProgress.NONE, SystemDisk.ownerOnly());
		}
	}

	private Path output() {
		return this.directory.resolve("out/app.db");
	}

	private List<String> names() throws IOException {
		try (Stream<Path> paths = Files.list(this.directory.resolve("out"))) {
			return paths.map((path) -> path.getFileName().toString()).toList();
		}
	}

}
