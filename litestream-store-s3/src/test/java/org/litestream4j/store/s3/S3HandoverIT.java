package org.litestream4j.store.s3;

import java.nio.file.Path;
import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.stress.HandoverRounds;

/** Some of the rounds that {@link S3HandoverRounds#main} makes many of. */
class S3HandoverIT {

	@TempDir
	private Path temp;

	@Test
	@Timeout(600)
	void machinesThatTakeABucketOverFromEachOtherLoseNothing() throws Exception {
		System.out
			.println(new HandoverRounds(this.temp, S3HandoverRounds::make, HandoverRounds.Kind.ANY, System.nanoTime())
				.run(10, Duration.ofMinutes(1)));
	}

}
