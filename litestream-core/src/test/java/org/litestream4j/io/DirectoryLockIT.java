package org.litestream4j.io;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.testing.ChildJvm;
import org.litestream4j.testing.ChildProcess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

class DirectoryLockIT {

	@TempDir
	private Path temp;

	/** Says whether it got the lock. */
	static final class Other {

		private Other() {
		}

		public static void main(String[] arguments) {
			try (DirectoryLock lock = DirectoryLock.acquire(Path.of(arguments[0]))) {
				System.out.println("locked by " + lock.getClass().getSimpleName());
			}
			catch (IOException ex) {
				System.out.println(ex.getMessage());
			}
		}

	}

	private String other() throws IOException {
		try (ChildProcess child = ChildJvm.start(Other.class, this.temp.toString())) {
			return String.join("\n", child.remainingLines());
		}
	}

	@Test
	void anotherProcessIsKeptOutUntilTheLockIsGivenBack() throws Exception {
		try (DirectoryLock lock = DirectoryLock.acquire(this.temp)) {
			assertThat(lock).isNotNull();
			assertThat(other()).contains(this.temp + " is in use");
		}
		assertThat(other()).isEqualTo("locked by DirectoryLock");
	}

	@Test
	void secondAttemptInTheSameProcessDoesNotGiveTheLockOfTheFirstBack() throws Exception {
		Path link = Files.createSymbolicLink(this.temp.resolveSibling(this.temp.getFileName() + "-link"), this.temp);
		try (DirectoryLock lock = DirectoryLock.acquire(this.temp)) {
			assertThat(lock).isNotNull();
			assertThatIOException().isThrownBy(() -> DirectoryLock.acquire(this.temp))
				.withMessageContaining("is in use");
			assertThatIOException().isThrownBy(() -> DirectoryLock.acquire(link)).withMessageContaining("is in use");
			assertThat(other()).contains("is in use");
		}
		finally {
			Files.delete(link);
		}
		DirectoryLock again = DirectoryLock.acquire(this.temp);
		again.close();
		again.close();
		assertThat(other()).isEqualTo("locked by DirectoryLock");
	}

	@Test
	void anotherClassLoaderOfTheSameServerIsKeptOutAndTakesNoLockAway() throws Exception {
		try (URLClassLoader loader = ClassLoaders.another(); DirectoryLock lock = DirectoryLock.acquire(this.temp)) {
			assertThat(lock).isNotNull();
			assertThatExceptionOfType(InvocationTargetException.class).isThrownBy(() -> acquireIn(loader))
				.havingCause()
				.withMessageContaining("is in use");
			System.gc(); // closes what was just left
			assertThat(other()).contains("is in use");
		}
		try (URLClassLoader next = ClassLoaders.another(); AutoCloseable lock = acquireIn(next)) {
			assertThat(lock).isNotNull();
			assertThatIOException().isThrownBy(() -> DirectoryLock.acquire(this.temp))
				.withMessageContaining("is in use");
			assertThat(other()).contains("is in use");
		}
		assertThat(other()).isEqualTo("locked by DirectoryLock");
	}

	@Test
	void lockThatAnotherVersionOfThisLibraryTookInTheSameServerIsNotGivenBack() throws Exception {
		try (FileChannel older = FileChannel.open(this.temp.resolve("lock"), StandardOpenOption.CREATE,
				StandardOpenOption.WRITE)) {
			assertThat(older.tryLock()).isNotNull();
			for (int i = 0; i < 2; i++) {
				assertThatIOException().isThrownBy(() -> DirectoryLock.acquire(this.temp))
					.withMessageContaining("is in use");
				assertThat(other()).contains("is in use");
			}
		}
		DirectoryLock.acquire(this.temp).close();
		assertThat(other()).isEqualTo("locked by DirectoryLock");
	}

	private AutoCloseable acquireIn(ClassLoader loader) throws ReflectiveOperationException {
		return (AutoCloseable) loader.loadClass(DirectoryLock.class.getName())
			.getMethod("acquire", Path.class)
			.invoke(null, this.temp);
	}

}
