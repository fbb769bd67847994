package org.litestream4j.store.s3;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.Seeds;
import org.litestream4j.testsupport.s3.S3ServerProcess;
import org.litestream4j.testsupport.s3.S3TestServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two real JVMs want the same names in one bucket, through a proxy that delays and drops
 * answers, and lets requests take effect after their sender has tried again. One is
 * killed in the midst and begins anew.
 */
class S3ContendersIT {

	private static final int ROUNDS = 60;

	private static final String BUCKET = "contended";

	@Test
	@Timeout(300)
	void eachNameIsGotOnceAndNothingThatWasAcknowledgedIsLost(@TempDir Path directory) throws Exception {
		long seed = Seeds.some(1).get(0);
		try (S3ServerProcess server = S3ServerProcess.start(directory, BUCKET)) {
			System.out.println(server.chaos(seed, 250, Duration.ofMillis(400)));
			List<Process> contenders = new ArrayList<>();
			try {
				Process killed = contender(server, "killed");
				contenders.add(killed);
				contenders.add(contender(server, "one"));
				assertThat(killed.inputReader().lines().anyMatch("added 5"::equals)).isTrue();
				killed.destroyForcibly().waitFor();
				contenders.remove(killed);
				contenders.add(contender(server, "other"));
				List<List<String>> said = new ArrayList<>();
				for (Process contender : contenders) {
					said.add(contender.inputReader().lines().toList());
					assertThat(contender.waitFor(2, TimeUnit.MINUTES)).isTrue();
					assertThat(contender.exitValue()).isZero();
				}
				server.calm();
				verify(server, seed, said);
			}
			finally {
				contenders.forEach(Process::destroyForcibly);
			}
		}
	}

	private static void verify(S3ServerProcess server, long seed, List<List<String>> said) throws Exception {
		S3Connection connection = new S3Connection(server.directEndpoint(), S3TestServer.REGION, null,
				S3TestServer.ACCESS_KEY_ID, S3TestServer.SECRET_ACCESS_KEY);
		try (S3Store store = new S3Store(S3Clients.create(connection, null), true, S3Location.of(BUCKET, "app"),
				S3ReplicaOptions.DEFAULTS)) {
			String log = read(store, "log");
			for (int round = 0; round < ROUNDS; round++) {
				String owner = read(store, "chain/%05d".formatted(round));
				for (int i = 0; i < 2; i++) {
					String line = "%s %d%n".formatted((i == 0) ? "one" : "other", round);
					assertThat(said.get(i).contains("took " + round)).as("%s of seed %d", line, seed)
						.isEqualTo(owner.equals(line));
					assertThat(log.split(line, -1)).as("added once: %s of seed %d", line, seed).hasSize(2);
				}
			}
		}
	}

	private static String read(S3Store store, String name) throws Exception {
		try (InputStream in = store.open(store.stat(name).orElseThrow(), 0, StoredObject.END)) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	private static Process contender(S3ServerProcess server, String name) throws Exception {
		return new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
				S3Contender.class.getName(), server.endpoint().toString(), BUCKET, name, String.valueOf(ROUNDS)))
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
	}

}
