package org.litestream4j.format;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ObjectNoteTests {

	private static final Instant TIME = Instant.parse("2026-11-26T12:00:00.123456789Z");

	private static byte[] object(ObjectNote note) throws IOException {
		ByteArrayOutputStream object = new ByteArrayOutputStream();
		note.writeTo(object);
		assertThat(object.size()).isEqualTo(ObjectNote.SIZE);
		try (OutputStream content = Lz4.compress(object, 3)) {
			content.write("abc".getBytes(StandardCharsets.US_ASCII));
		}
		return object.toByteArray();
	}

	@Test
	void noteIsReadBackAndTheContentFollows() throws Exception {
		for (ObjectNote note : new ObjectNote[] { new ObjectNote(TIME, 4128L), new ObjectNote(TIME, null),
				new ObjectNote(null, 0L), new ObjectNote(Instant.EPOCH, null) }) {
			PushbackInputStream stored = new PushbackInputStream(new ByteArrayInputStream(object(note)),
					ObjectNote.SIZE);
			assertThat(ObjectNote.read(stored)).contains(note);
			assertThat(Lz4.decompress(stored).readAllBytes()).isEqualTo("abc".getBytes(StandardCharsets.US_ASCII));
		}
	}

	@Test
	void readerThatKnowsNoNotesSkipsIt() throws Exception {
		try (InputStream in = Lz4.decompress(new ByteArrayInputStream(object(new ObjectNote(TIME, 1L))))) {
			assertThat(in.readAllBytes()).isEqualTo("abc".getBytes(StandardCharsets.US_ASCII));
		}
	}

	@Test
	void whatIsNoNoteStaysWhereItIs() throws Exception {
		byte[] good = object(new ObjectNote(TIME, 1L));
		for (int changed : new int[] { 0, 3, 4, 8, 19 }) {
			byte[] other = good.clone();
			other[changed] ^= 1;
			assertUnread(other);
		}
		assertUnread(Arrays.copyOf(good, ObjectNote.SIZE - 1));
		assertUnread(new byte[0]);
		byte[] noTime = good.clone();
		Arrays.fill(noTime, 20, 28, (byte) 0x7f);
		assertUnread(noTime);
	}

	private static void assertUnread(byte[] bytes) throws IOException {
		PushbackInputStream stored = new PushbackInputStream(new ByteArrayInputStream(bytes), ObjectNote.SIZE);
		assertThat(ObjectNote.read(stored)).isEmpty();
		assertThat(stored.readAllBytes()).isEqualTo(bytes);
		assertThat(ObjectNote.peek(new ByteArrayInputStream(bytes))).isEmpty();
	}

}
