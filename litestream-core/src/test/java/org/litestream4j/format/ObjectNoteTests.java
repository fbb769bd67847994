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
import java.util.HexFormat;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ObjectNoteTests {

	private static final Instant TIME = Instant.parse("2026-11-26T12:00:00.123456789Z");

	private static final Writer WRITER = new Writer("fedcba9876543210", 7);

	private static final int SHORT = 44;

	private static byte[] object(ObjectNote note) throws IOException {
		ByteArrayOutputStream object = new ByteArrayOutputStream();
		note.writeTo(object);
		assertThat(object.size()).isEqualTo((note.run() != null) ? ObjectNote.LONGEST : SHORT);
		try (OutputStream content = Lz4.compress(object, 3)) {
			content.write("abc".getBytes(StandardCharsets.US_ASCII));
		}
		return object.toByteArray();
	}

	@Test
	void noteIsReadBackAndTheContentFollows() throws Exception {
		for (ObjectNote note : new ObjectNote[] { new ObjectNote(TIME, 4128L), new ObjectNote(TIME, null),
				new ObjectNote(null, 0L), new ObjectNote(Instant.EPOCH, null), new ObjectNote(TIME, 4128L).by(WRITER),
				new ObjectNote(TIME, null).by("00000000000000ff"), new ObjectNote(null, null).by(WRITER) }) {
			PushbackInputStream stored = new PushbackInputStream(new ByteArrayInputStream(object(note)),
					ObjectNote.LONGEST);
			assertThat(ObjectNote.read(stored)).contains(note);
			assertThat(Lz4.decompress(stored).readAllBytes()).isEqualTo("abc".getBytes(StandardCharsets.US_ASCII));
		}
	}

	@Test
	void readerThatKnowsNoNotesSkipsIt() throws Exception {
		for (ObjectNote note : new ObjectNote[] { new ObjectNote(TIME, 1L), new ObjectNote(TIME, 1L).by(WRITER) }) {
			try (InputStream in = Lz4.decompress(new ByteArrayInputStream(object(note)))) {
				assertThat(in.readAllBytes()).isEqualTo("abc".getBytes(StandardCharsets.US_ASCII));
			}
		}
	}

	@Test
	void noteNamesTheWriterOrOnlyItsRun() {
		ObjectNote note = new ObjectNote(TIME, null);
		assertThat(note.writer()).isEmpty();
		assertThat(note.by(WRITER).writer()).contains(WRITER);
		assertThat(note.by("00000000000000ff").writer()).isEmpty();
		assertThat(note.by("00000000000000ff").run()).isEqualTo("00000000000000ff");
		assertThatIllegalArgumentException().isThrownBy(() -> note.by("somebody"));
	}

	@Test
	void noteOfOldObjectsIsReadAsItWas() throws Exception {
		byte[] old = HexFormat.of()
			.parseHex("5e2a4d18" + "24000000" + "6c69746573747265616d346a" + "c0a8126900000000" + "00000000"
					+ "2010000000000000" + "00000000");
		assertThat(ObjectNote.peek(new ByteArrayInputStream(old)))
			.contains(new ObjectNote(Instant.ofEpochSecond(0x6912a8c0L), 4128L));
	}

	@Test
	void whatIsNoNoteStaysWhereItIs() throws Exception {
		byte[] good = object(new ObjectNote(TIME, 1L));
		for (int changed : new int[] { 0, 3, 4, 8, 19 }) {
			byte[] other = good.clone();
			other[changed] ^= 1;
			assertUnread(other);
		}
		assertUnread(Arrays.copyOf(good, SHORT - 1));
		assertUnread(Arrays.copyOf(object(new ObjectNote(TIME, 1L).by(WRITER)), ObjectNote.LONGEST - 1));
		assertUnread(new byte[0]);
		byte[] noTime = good.clone();
		Arrays.fill(noTime, 20, 28, (byte) 0x7f);
		assertUnread(noTime);
	}

	private static void assertUnread(byte[] bytes) throws IOException {
		PushbackInputStream stored = new PushbackInputStream(new ByteArrayInputStream(bytes), ObjectNote.LONGEST);
		assertThat(ObjectNote.read(stored)).isEmpty();
		assertThat(stored.readAllBytes()).isEqualTo(bytes);
		assertThat(ObjectNote.peek(new ByteArrayInputStream(bytes))).isEmpty();
	}

}
