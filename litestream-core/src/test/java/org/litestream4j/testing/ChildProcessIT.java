package org.litestream4j.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Scanner;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ChildProcess} and {@link ChildJvm}.
 */
class ChildProcessIT {

	@Test
	void startWhenMainClassAnswersReadsItsLines() throws IOException {
		try (ChildProcess child = ChildJvm.start(Echo.class, "first")) {
			assertThat(child.readLine()).isEqualTo("first");
			child.send("second");
			assertThat(child.readLine()).isEqualTo("second");
			child.send("third");
			child.closeInput();
			assertThat(child.remainingLines()).containsExactly("third");
			assertThat(child.readLine()).isNull();
			assertThat(child.waitFor()).isZero();
		}
	}

	@Test
	void killWhenChildIsRunningEndsItAndKeepsItsLines() throws IOException {
		try (ChildProcess child = ChildJvm.start(Echo.class, "first")) {
			assertThat(child.readLine()).isEqualTo("first");
			child.send("second");
			assertThat(child.awaitLine("second"::equals)).isEqualTo("second");
			child.kill();
			assertThat(child.isAlive()).isFalse();
			assertThat(child.waitFor()).isEqualTo(128 + 9);
			assertThat(child.readLine()).isNull();
		}
	}

	@Test
	void readLineWhenChildIsSilentFailsWithWhatItPrinted() throws IOException {
		ProcessBuilder builder = new ProcessBuilder("sh", "-c", "echo hello; exec sleep 60");
		try (ChildProcess child = ChildProcess.start("sleeper", builder, Duration.ofMillis(500))) {
			assertThat(child.readLine()).isEqualTo("hello");
			assertThatExceptionOfType(AssertionError.class).isThrownBy(child::readLine)
				.withMessageContaining("sleeper printed no line within PT0.5S")
				.withMessageContaining("hello");
		}
	}

	/** Prints its argument, then what it reads. */
	static final class Echo {

		private Echo() {
		}

		public static void main(String[] arguments) {
			System.out.println(arguments[0]);
			Scanner scanner = new Scanner(System.in, StandardCharsets.UTF_8);
			while (scanner.hasNextLine()) {
				System.out.println(scanner.nextLine());
			}
		}

	}

}
