package org.litestream4j.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;

import org.jspecify.annotations.Nullable;

/**
 * Remembers why it could not be written, which printers keep to themselves: a script of
 * statements that was cut off by a full disk must not look like a whole one. Not
 * thread-safe.
 */
final class StandardOutput extends FilterOutputStream {

	private @Nullable IOException failure;

	StandardOutput(OutputStream out) {
		super(out);
	}

	@Override
	public void write(int value) throws IOException {
		write(new byte[] { (byte) value }, 0, 1);
	}

	@Override
	public void write(byte[] bytes, int offset, int length) throws IOException {
		try {
			this.out.write(bytes, offset, length);
		}
		catch (IOException ex) {
			this.failure = (this.failure != null) ? this.failure : ex;
			throw ex;
		}
	}

	/**
	 * Says why it could not be written, unless whoever read it had enough.
	 * @param code what the command ended with
	 * @return what the process ends with
	 */
	int exitCode(int code, PrintWriter err) {
		if (this.failure == null || "Broken pipe".equals(this.failure.getMessage())) {
			return code;
		}
		err.println("Standard output cannot be written: " + Text.line(this.failure.getMessage()));
		err.flush();
		return (code != LitestreamCli.OK) ? code : LitestreamCli.FAILED;
	}

}
