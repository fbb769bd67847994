package org.litestream4j.store;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.testing.DelegatingStore;

import static org.assertj.core.api.Assertions.assertThat;

class StoreLanesTests {

	@ParameterizedTest
	@CsvSource({ "vault://host/room,vault://host", "VAULT://host:7/room/attic,vault://host:7",
			"vault://host/room?region=eu,vault://host?region=eu", "vault:room,vault:room", "not a url,not a url" })
	void laneOfAUrlIsItsServer(String url, String lane) {
		assertThat(StoreLanes.ofUrl(url)).isEqualTo(lane);
	}

	@Test
	void directoriesOfOneMountShareALaneAlsoBeforeTheyAreThere(@TempDir Path directory) {
		String lane = store(directory).lane();
		assertThat(lane).isEqualTo(store(directory.resolve("not/yet")).lane()).doesNotContain("not/yet");
		assertThat(new DelegatingStore(store(directory)).lane()).isEqualTo(lane);
	}

	@Test
	void directoryOfAnotherMountHasAnotherLane(@TempDir Path directory) {
		assertThat(store(directory).lane()).isNotEqualTo(store(Path.of("/proc/self")).lane());
	}

	private static FileStore store(Path directory) {
		return new FileStore(directory, SystemDisk.ownerOnly());
	}

}
