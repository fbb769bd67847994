package org.litestream4j.database;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

class ProcLocksTests {

	private static final String TEXT = """
			1: POSIX  ADVISORY  READ 4711 fe:00:2156435 124 124
			2: POSIX  ADVISORY  READ 4711 fe:00:2156435 128 128
			3: POSIX  ADVISORY  READ 4711 fe:00:131090 1073741826 1073742335
			3: -> POSIX  ADVISORY  WRITE 4713 fe:00:131090 1073741824 1073741824
			4: FLOCK  ADVISORY  WRITE 4712 fe:00:131090 0 EOF
			5: POSIX  ADVISORY  WRITE 4712 00:1b:2156435 0 EOF
			6: OFDLCK ADVISORY  READ -1 fe:00:2156435 0 EOF
			7: LEASE  ACTIVE    READ 4711 fe:00:99 0 EOF
			nonsense
			""";

	private final ProcLocks locks = ProcLocks.parse(TEXT);

	private boolean holds(long pid, long inode, long first, long last) {
		return !this.locks.devices(pid, inode, first, last).isEmpty();
	}

	@Test
	void equalInodeNumbersOnTwoFileSystemsAreTwoFiles() {
		assertThat(this.locks.devices(4711, 2156435, 128, 128)).containsExactly("fe:00");
		assertThat(this.locks.devices(4712, 2156435, 128, 128)).containsExactly("00:1b");
	}

	@Test
	void deviceIsWrittenAsTheKernelDoes() {
		assertThat(ProcLocks.device(0xfe00)).isEqualTo("fe:00");
		assertThat(ProcLocks.device(0x1b)).isEqualTo("00:1b");
		// major 259, minor 0x12345, as makedev has them
		assertThat(ProcLocks.device(0x12310345L)).isEqualTo("103:12345");
	}

	@Test
	void rangesAreInclusiveAndMayOverlapInPart() {
		assertThat(holds(4711, 131090, 1073741826, 1073742335)).isTrue();
		assertThat(holds(4711, 131090, 1073742335, 1073742400)).isTrue();
		assertThat(holds(4711, 131090, 1073742336, 1073742400)).isFalse();
		assertThat(holds(4711, 131090, 0, 1073741825)).isFalse();
	}

	@Test
	void onlyPosixLocksOfThatProcessAndFileCount() {
		assertThat(holds(4712, 131090, 0, Long.MAX_VALUE)).isFalse();
		assertThat(holds(4711, 99, 0, 0)).isFalse();
		assertThat(holds(4713, 131090, 0, Long.MAX_VALUE)).isFalse();
		assertThat(holds(4711, 2156435, 123, 123)).isFalse();
		assertThat(holds(4711, 2156435, 123, 127)).isTrue();
	}

	@Test
	void holdersAreNamedOnce() {
		assertThat(this.locks.holders(2156435, 120, 128)).isEqualTo(Set.of(4711L, 4712L));
		assertThat(this.locks.holders(1, 0, Long.MAX_VALUE)).isEmpty();
	}

	@Test
	void emptyTableHoldsNothing() {
		assertThat(ProcLocks.parse("").devices(1, 1, 0, Long.MAX_VALUE)).isEmpty();
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void whatEachThreadHasDoneBeforeIsSeenWhoeverReads(@TempDir Path temp) throws Exception {
		long pid = ProcessHandle.current().pid();
		int threads = 8;
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		List<Future<Boolean>> all = new ArrayList<>();
		for (int i = 0; i < threads; i++) {
			Path path = Files.createFile(temp.resolve("locked-%d".formatted(i)));
			all.add(executor.submit(() -> isEachLockSeen(path, pid)));
		}
		executor.shutdown();
		for (Future<Boolean> each : all) {
			assertThat(each.get()).isTrue();
		}
	}

	private static boolean isEachLockSeen(Path path, long pid) throws IOException {
		long inode = FileId.require(path).inode();
		boolean seen = true;
		for (int i = 0; i < 50; i++) {
			try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
					FileLock lock = channel.lock(i, 1, false)) {
				boolean found = false;
				// One listing in many lacks a lock that exists
				for (int look = 0; look < 20 && !found; look++) {
					found = ProcLocks.read().holders(inode, lock.position(), lock.position()).contains(pid);
				}
				seen &= found;
			}
		}
		return seen;
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void failureOfOneReaderIsNotThatOfTheNext() throws Exception {
		Thread.currentThread().interrupt();
		try {
			ProcLocks.read();
		}
		catch (ClosedByInterruptException ex) {
			// as any reading while interrupted
		}
		assertThat(Thread.interrupted()).isTrue();
		assertThat(ProcLocks.read()).isNotNull();
	}

}
