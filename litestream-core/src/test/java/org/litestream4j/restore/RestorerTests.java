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

import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;

import static org.assertj.core.api.Assertions.assertThat;

class RestorerTests {

	private static final RestoreOptions FULL_CHECK = RestoreOptions.DEFAULTS.withParallelism(4)
		.withIntegrityCheck(IntegrityCheck.FULL);

	@TempDir
	private Path directory;

	static Stream<RecordedReplica.Expected> everyTarget() {
		return RecordedReplica.NAMES.stream().flatMap((name) -> RecordedReplica.of(name).restores().stream());
	}

	@ParameterizedTest
	@MethodSource("everyTarget")
	void restoreGivesTheBytesThatLitestreamsGives(RecordedReplica.Expected expected) throws Exception {
		RestoreReport restored = restore(expected.replica(), expected.target());
		assertThat(restored.sha256()).isEqualTo(expected.sha256());
		assertThat(restored.bytes()).isEqualTo(expected.size());
		assertThat(FileSha256.of(output())).isEqualTo(expected.sha256());
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
		RestoreReport restored = restore(replica, RestoreTarget.latest());
		Generation generation = new Generation("b8e9afb5e0717645");
		assertThat(restored.position()).isEqualTo(new WalPosition(generation, 1, 4152));
		assertThat(restored.segments()).isEqualTo(6);
		assertThat(restored.createdAt())
			.isEqualTo(replica.createdAt("generations/b8e9afb5e0717645/wal/00000001_00000000.wal.lz4"));
	}

	private RestoreReport restore(RecordedReplica replica, RestoreTarget target) throws IOException {
		try (V03Replica client = replica.copyTo(this.directory.resolve("replica"))) {
			return new Restorer("app", "file", client).restore(target, RestoreOutput.newFile(output()), FULL_CHECK,
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
