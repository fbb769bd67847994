package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.litestream4j.DivergenceException;
import org.litestream4j.LitestreamOptions;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreTarget;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.OnFenced;
import org.litestream4j.boot.OnTimeout;
import org.litestream4j.engine.FencingImpossibleException;
import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.lease.ReplicaHeldException;
import org.litestream4j.lease.ReplicaLock;

import static org.assertj.core.api.Assertions.assertThat;

class StartupFailuresTests {

	@ParameterizedTest
	@EnumSource
	void actionAfterAFailedRestoreSaysWhatWouldHelp(Kind kind) {
		String action = StartupFailures.toRestore(new RestoreException(kind, "it failed"));
		switch (kind) {
			case CHECK_FAILED -> assertThat(action).contains("litestream.restore.integrity-check=none");
			case DAMAGED, NO_SUCH_STATE -> assertThat(action).contains("litestream.restore.generation");
			default -> assertThat(action).isEqualTo(StartupFailures.toRestore(new IOException()));
		}
	}

	@Test
	void replicaOfAnotherInstanceIsNamedWithWhatToDo() {
		ReplicaHeldException held = new ReplicaHeldException("replica 's3' is owned by node-1:12 (epoch 7)",
				new ReplicaLock(7, "0123456789abcdef", "node-1:12", null, null, 0, null, false));
		LitestreamStartupException failure = StartupFailures.start(settings(), held);
		assertThat(failure.description())
			.isEqualTo("The database /data/app.db of 'app' is not opened, as another instance writes to its replica:"
					+ " replica 's3' is owned by node-1:12 (epoch 7).");
		assertThat(failure.action()).contains("Stop the other one", "maxSurge: 0", "than 1 min",
				"litestream.lease.wait");
	}

	@ParameterizedTest
	@EnumSource
	void databaseThatIsNotTheReplicasIsNamedWithBothWaysOut(DivergenceException.Kind kind) {
		DivergenceException diverged = new DivergenceException(kind, "replica 's3' ends elsewhere", "s3", null,
				new WalPosition(Generation.random(), 3, 32));
		LitestreamStartupException failure = StartupFailures.start(settings(), diverged);
		assertThat(failure.description()).isEqualTo(
				"The database /data/app.db of 'app' is not what its replica holds: replica 's3' ends elsewhere.");
		assertThat(failure.action()).contains("litestream.on-divergence=restore",
				"litestream.on-divergence=new-generation", "litestream.databases.app.on-divergence");
		assertThat(failure.action().contains("old copy")).isEqualTo(kind == DivergenceException.Kind.BEHIND);
	}

	@Test
	void storeThatCannotFenceIsNamedWithWhatToSet() {
		LitestreamStartupException failure = StartupFailures.start(settings(),
				new FencingImpossibleException("replica 's3' is to be fenced, and replaces what is there"));
		assertThat(failure.description()).contains("'app' cannot start", "replica 's3' is to be fenced");
		assertThat(failure.action()).contains("'fencing'", "'auto'");
	}

	private static DatabaseSettings settings() {
		return new DatabaseSettings(LitestreamOptions.builder(Path.of("/data/app.db")).name("app").build(), true, null,
				RestoreTarget.latest(), Path.of("/data/restores"), Duration.ofMinutes(5), Duration.ofMinutes(1),
				OnFenced.KEEP_SERVING,
				new DatabaseSettings.CommitSettings(false, 1, Duration.ofSeconds(5), OnTimeout.WARN), List.of());
	}

}
