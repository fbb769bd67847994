package org.litestream4j.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class WaitingLockIT {

	private static final int ROUNDS = 200;

	@TempDir
	private Path temp;

	/** Counts in a file that only the lock protects. */
	static final class Counting {

		private Counting() {
		}

		public static void main(String[] arguments) throws IOException {
			Path counter = Path.of(arguments[0]);
			for (int i = 0; i < ROUNDS; i++) {
				try (WaitingLock lock = WaitingLock.acquire(counter.resolveSibling(".lock"), () -> false)) {
					Objects.requireNonNull(lock);
					int count = Integer.parseInt(Files.readString(counter).strip());
					Files.writeString(counter, (count + 1) + " ");
				}
			}
		}

	}

	@Test
	void processesHaveItOneAfterAnother() throws Exception {
		Path counter = Files.writeString(this.temp.resolve("counter"), "0");
		try (ChildProcess one = ChildJvm.start(Counting.class, counter.toString());
				ChildProcess two = ChildJvm.start(Counting.class, counter.toString())) {
			Counting.main(new String[] { counter.toString() });
			assertThat(one.remainingLines()).isEmpty();
			assertThat(two.remainingLines()).isEmpty();
		}
		assertThat(Files.readString(counter).strip()).isEqualTo(String.valueOf(3 * ROUNDS));
		assertThat(this.temp.resolve(".lock")).doesNotExist();
	}

	@Test
	void linkInPlaceOfTheLockIsNotFollowed() throws Exception {
		Path elsewhere = this.temp.resolve("elsewhere");
		Path link = Files.createSymbolicLink(this.temp.resolve(".lock"), elsewhere);
		assertThatIOException().isThrownBy(() -> WaitingLock.acquire(link, () -> true));
		assertThat(elsewhere).doesNotExist();
	}

}
