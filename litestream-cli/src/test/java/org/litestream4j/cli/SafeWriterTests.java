package org.litestream4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SafeWriterTests {

	private final StringWriter terminal = new StringWriter();

	private final PrintWriter writer = SafeWriter.around(new PrintWriter(this.terminal));

	@Test
	void whatSteersATerminalIsReplaced() {
		this.writer.print("a\u001b[31mb\u0007c\u009bd\re\u202ef\u2028g\u007f");
		this.writer.print('\u001b');
		this.writer.write(new char[] { 'x', '\b', 'y' }, 1, 2);
		this.writer.flush();
		assertThat(this.terminal).hasToString("a?[31mb?c?d?e?f?g???y");
	}

	@Test
	void textIsLeftAsItIs() {
		String text = "Zeile\t1: \u00e4\u00f6\u00fc \ud83d\ude00\r\nline 2\n";
		this.writer.print(text);
		this.writer.flush();
		assertThat(this.terminal).hasToString(text);
	}

	@Test
	void whoReadsNoMoreIsNoticed() {
		PrintWriter closed = new PrintWriter(new Writer() {

			@Override
			public void write(char[] text, int offset, int length) throws IOException {
				throw new IOException("Broken pipe");
			}

			@Override
			public void flush() {
			}

			@Override
			public void close() {
			}

		});
		PrintWriter out = SafeWriter.around(closed);
		assertThat(out.checkError()).isFalse();
		out.println("a line");
		assertThat(out.checkError()).isTrue();
	}

}
