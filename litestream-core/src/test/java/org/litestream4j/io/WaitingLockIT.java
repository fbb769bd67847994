package org.litestream4j.io;

import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.BooleanSupplier;

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

	@Test
	void lockThatAnotherClassLoaderOfTheServerHoldsIsNotGivenBackByTrying() throws Exception {
		Path file = this.temp.resolve("app.db");
		try (URLClassLoader loader = ClassLoaders.another(); AutoCloseable lock = acquireIn(loader, file)) {
			assertThat(lock).isNotNull();
			for (int i = 0; i < 3; i++) {
				assertThatIOException().isThrownBy(() -> WaitingLock.acquire(file, () -> true))
					.withMessageContaining("is held");
			}
			System.gc(); // closes what was just left
			try (ChildProcess child = ChildJvm.start(Trying.class, file.toString())) {
				assertThat(child.remainingLines()).singleElement().asString().contains("is held");
			}
		}
		WaitingLock.acquire(file, () -> true).close();
	}

	private static AutoCloseable acquireIn(ClassLoader loader, Path file) throws ReflectiveOperationException {
		BooleanSupplier giveUp = () -> true;
		return (AutoCloseable) loader.loadClass(WaitingLock.class.getName())
			.getMethod("acquire", Path.class, BooleanSupplier.class)
			.invoke(null, file, giveUp);
	}

	/** Says why it did not get the lock. */
	static final class Trying {

		private Trying() {
		}

		public static void main(String[] arguments) {
			try (WaitingLock lock = WaitingLock.acquire(Path.of(arguments[0]), () -> true)) {
				System.out.println("locked by " + lock.getClass().getSimpleName());
			}
			catch (IOException ex) {
				System.out.println(ex.getMessage());
			}
		}

	}

}
