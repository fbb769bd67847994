package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;
import org.jspecify.annotations.Nullable;

/**
 * A file that is being written, under a name of its own. Sends on without waiting for
 * each answer. Not thread-safe.
 */
final class SftpDraft extends OutputStream {

	/** With what is before it, fits into one packet of every server. */
	private static final int CHUNK = 32_000;

	private static final int MOST_REQUESTS = 48;

	private final SftpChannel channel;

	private final byte[] handle;

	private final byte[] buffer = new byte[CHUNK];

	private final Deque<Integer> pending = new ArrayDeque<>();

	private int filled;

	private long position;

	SftpDraft(SftpChannel channel, byte[] handle) {
		this.channel = channel;
		this.handle = handle;
	}

	@Override
	public void write(int b) throws IOException {
		write(new byte[] { (byte) b }, 0, 1);
	}

	@Override
	public void write(byte[] bytes, int offset, int length) throws IOException {
		int done = 0;
		while (done < length) {
			int count = Math.min(length - done, CHUNK - this.filled);
			System.arraycopy(bytes, offset + done, this.buffer, this.filled, count);
			this.filled += count;
			done += count;
			if (this.filled == CHUNK) {
				send();
			}
		}
	}

	private void send() throws StoreException {
		try {
			if (this.pending.size() == MOST_REQUESTS) {
				this.channel.await(SftpConstants.SSH_FXP_WRITE, this.pending.remove());
			}
			this.pending.add(this.channel.sendWrite(this.handle, this.position, this.buffer, this.filled));
			this.position += this.filled;
			this.filled = 0;
		}
		catch (IOException ex) {
			throw new StoreException(ex);
		}
	}

	/** Does nothing: only the whole counts. */
	@Override
	public void flush() {
	}

	/**
	 * Has what was written survive a crash of the server, where it can, and closes the
	 * file. One round trip, as the server answers in order.
	 * @param modifiedAt what its modification time is to be; null for that of now
	 * @param dating what follows where the server does not set that
	 * @return what the server says of the file
	 */
	Finished finish(@Nullable Instant modifiedAt, Dating dating) throws IOException {
		if (this.filled > 0) {
			send();
		}
		// Where the date is a version's, nobody asks for the server's own time
		boolean timed = modifiedAt != null && dating == Dating.WHERE_POSSIBLE;
		int before = timed ? this.channel.sendStat(this.handle) : -1;
		int dated = (modifiedAt != null) ? this.channel.sendTimes(this.handle, modifiedAt) : -1;
		int forced = this.channel.canForce() ? this.channel.sendForce(this.handle) : -1;
		int asked = this.channel.sendStat(this.handle);
		int closed = this.channel.sendClose(this.handle);
		while (!this.pending.isEmpty()) {
			this.channel.await(SftpConstants.SSH_FXP_WRITE, this.pending.remove());
		}
		SftpClient.Attributes written = (before >= 0) ? this.channel.awaitStat(before) : null;
		if (dated >= 0) {
			awaitTimes(dated, dating);
		}
		if (forced >= 0) {
			this.channel.await(SftpConstants.SSH_FXP_EXTENDED, forced);
		}
		SftpClient.Attributes attributes = this.channel.awaitStat(asked);
		this.channel.await(SftpConstants.SSH_FXP_CLOSE, closed);
		return new Finished((written != null) ? written : attributes, attributes);
	}

	private void awaitTimes(int dated, Dating dating) throws IOException {
		try {
			this.channel.await(SftpConstants.SSH_FXP_FSETSTAT, dated);
		}
		catch (SftpException ex) {
			if (dating == Dating.REQUIRED) {
				throw ex;
			}
		}
	}

	/** Whether a file must have its date. */
	enum Dating {

		/** The date is what tells two versions from each other. */
		REQUIRED,
		/** A file that does not get its date is listed with that of now. */
		WHERE_POSSIBLE

	}

	/**
	 * What the server says of a file.
	 *
	 * @param written before it got its date, where that is not {@link Dating#REQUIRED}
	 * @param stored as it is now
	 */
	record Finished(SftpClient.Attributes written, SftpClient.Attributes stored) {
	}

	/** Nothing comes of it. */
	void abort() {
		this.pending.forEach(this.channel::abandon);
		this.pending.clear();
		this.channel.closeQuietly(this.handle);
	}

	/** A failure of the store in the midst of the content, which may pass it on. */
	static final class StoreException extends IOException {

		private static final long serialVersionUID = 1L;

		private final IOException failure;

		StoreException(IOException failure) {
			super(failure.getMessage(), failure);
			this.failure = failure;
		}

		IOException failure() {
			return this.failure;
		}

	}

}
