package org.litestream4j.stress;

import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Some of the rounds that {@link HandoverRounds#main} makes many of. */
class HandoverIT {

	@TempDir
	private Path temp;

	@Test
	@Timeout(600)
	void machinesThatTakeAReplicaOverFromEachOtherLoseNothing() throws Exception {
		System.out
			.println(new HandoverRounds(this.temp, HandoverPlace::directory, HandoverRounds.Kind.ANY, System.nanoTime())
				.run(20, Duration.ofMinutes(1)));
	}

}
