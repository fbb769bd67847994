package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Pattern;

import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

import org.litestream4j.store.PreconditionFailedException;

/**
 * Replaces a file by a draft if it is still the version that was seen. SFTP compares and
 * renames in no single step, and a lock that is given up after a time protects nothing
 * from a holder who was paused for longer. So it is not the lock that protects here, but
 * the draft.
 */
final class SftpExchange {

	/*-
	 * Who replaces version T takes the claims of T in turn:
	 *
	 * .<object>.<T>.<n>.claim   n = 1, 2, ...; holds the name of the claimant's draft
	 *
	 * 1. The claim n is taken by a link, which only one gets. Before, each claim below n
	 *    was seen to be dead: its draft is gone. A draft's name is random and never used
	 *    again, so that a dead claim stays dead.
	 * 2. Who has it looks at the object: if that is not version T, it is too late.
	 * 3. The draft is renamed to the object: the commit point. It fails if the draft is gone.
	 * 4. All claims of T are deleted: T never comes back, as each version gets a later
	 *    modification time than the one before.
	 *
	 * Between 2 and 3 nobody else can replace T: not by a claim below n, which is dead, and
	 * by one above only after the draft was deleted, and then 3 fails. A claimant that seems
	 * to have died is killed by deleting its draft, after a while; that while is only so that
	 * nobody is disturbed.
	 */

	/** A claimant that takes longer is killed, and has to begin anew. */
	static final Duration PATIENCE = Duration.ofSeconds(5);

	private static final Duration PAUSE = Duration.ofMillis(50);

	/** Each was killed by another who got on. */
	private static final int MOST_ATTEMPTS = 200;

	private static final int LONGEST_NAME = 512;

	private static final Pattern TAG = Pattern.compile("[0-9a-f]{1,12}-[0-9a-f]{1,16}");

	private final SftpChannel channel;

	private final Duration patience;

	private final String name;

	private final String target;

	/** The beginning of all claims of this version. */
	private final String claims;

	private final String tag;

	SftpExchange(SftpChannel channel, String name, String target, String tag, Duration patience) {
		this.channel = channel;
		this.patience = patience;
		this.name = name;
		this.target = target;
		this.tag = tag;
		int slash = target.lastIndexOf('/');
		this.claims = "%s/.%s.%s.".formatted(target.substring(0, slash), target.substring(slash + 1), tag);
	}

	/**
	 * {@return a modification time that makes another version of the draft than the one
	 * that it replaces}
	 * @param now by the server's clock, about
	 */
	Instant next(Instant now) {
		Instant next = Instant.ofEpochSecond(Long.parseLong(this.tag, 0, this.tag.indexOf('-'), 16) + 1);
		return now.isAfter(next) ? now.truncatedTo(ChronoUnit.SECONDS) : next;
	}

	/** Some file systems keep no whole seconds. */
	void requireDated(SftpClient.Attributes draft) throws SftpFailure {
		if (draft.getModifyTime().toInstant().isBefore(next(Instant.EPOCH))) {
			throw new SftpFailure("the server does not keep the time that %s was given".formatted(this.name), null);
		}
	}

	/**
	 * Looks whether the object is the version that was seen.
	 * @throws PreconditionFailedException if it is not
	 */
	void requireUnchanged() throws IOException {
		if (!TAG.matcher(this.tag).matches()) {
			throw new PreconditionFailedException(
					"%s was not replaced: no version of it is called %s".formatted(this.name, this.tag), null);
		}
		String now;
		try {
			now = SftpStore.stored(this.name, this.channel.lstat(this.target)).tag();
		}
		catch (SftpException ex) {
			if (!SftpDirectories.isMissing(ex)) {
				throw ex;
			}
			throw new PreconditionFailedException("%s was not replaced: it is not there".formatted(this.name), ex);
		}
		if (!this.tag.equals(now)) {
			throw new PreconditionFailedException(
					"%s was not replaced: another has replaced it since it was looked at".formatted(this.name), null);
		}
	}

	/**
	 * Replaces the object.
	 * @param draft what replaces it, in its directory, with the time that was
	 * {@linkplain #next said}
	 * @param marker the name of a file to use meanwhile, which becomes the caller's to
	 * delete
	 * @throws PreconditionFailedException if it is another version
	 */
	void publish(String draft, String marker) throws IOException {
		byte[] content = draft.substring(draft.lastIndexOf('/') + 1).getBytes(StandardCharsets.UTF_8);
		byte[] handle = this.channel.create(marker, SftpStore.OWNER_ONLY);
		int written = this.channel.sendWrite(handle, 0, content, content.length);
		int closed = this.channel.sendClose(handle);
		this.channel.await(SftpConstants.SSH_FXP_WRITE, written);
		this.channel.await(SftpConstants.SSH_FXP_CLOSE, closed);
		int taken = take(marker);
		try {
			requireUnchanged();
		}
		catch (PreconditionFailedException ex) {
			forget(taken);
			throw ex;
		}
		try {
			this.channel.replace(draft, this.target); // commit point
		}
		catch (SftpException ex) {
			throw SftpDirectories.isMissing(ex) ? new SftpFailure(
					"another has given up waiting for %s to be replaced, and does that itself; try again"
						.formatted(this.name),
					ex) : ex;
		}
		forget(taken);
	}

	/** Returns the number of the claim. */
	private int take(String marker) throws IOException {
		int number = 1;
		for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
			String claim = claim(number);
			try {
				this.channel.link(marker, claim);
				return number;
			}
			catch (SftpException ex) {
				if (isThere(claim)) {
					awaitDeath(claim);
					number++;
				}
				else if (attempt == MOST_ATTEMPTS) {
					throw ex;
				}
				else {
					requireUnchanged(); // claims are only deleted when it is not
				}
			}
		}
		throw new SftpFailure("too many have tried to replace %s, and died of it; replace it without a condition"
			.formatted(this.name), null);
	}

	/** Lets a claimant finish, and kills one that does not. */
	private void awaitDeath(String claim) throws IOException {
		Optional<String> draft = draftOf(claim);
		long deadline = System.nanoTime() + this.patience.toNanos();
		while (draft.isPresent() && isThere(draft.get())) {
			requireUnchanged();
			if (System.nanoTime() - deadline > 0) {
				kill(draft.get());
				return;
			}
			pause();
		}
	}

	/** Only one that is gone is dead. */
	private boolean isThere(String path) throws IOException {
		try {
			this.channel.lstat(path);
			return true;
		}
		catch (SftpException ex) {
			if (SftpDirectories.isMissing(ex)) {
				return false;
			}
			throw ex;
		}
	}

	private void kill(String draft) throws IOException {
		try {
			this.channel.remove(draft);
		}
		catch (SftpException ex) {
			if (!SftpDirectories.isMissing(ex)) {
				throw ex;
			}
		}
	}

	/** Empty if the claim is gone: then the version is too. */
	private Optional<String> draftOf(String claim) throws IOException {
		byte[] handle;
		try {
			handle = this.channel.openForReading(claim);
		}
		catch (SftpException ex) {
			if (SftpDirectories.isMissing(ex)) {
				return Optional.empty();
			}
			throw ex;
		}
		try {
			String draft = this.channel.readString(handle, LONGEST_NAME);
			if (!SftpObjectWriter.isDraft(draft)) {
				throw new SftpFailure("%s names no draft; delete it".formatted(claim), null);
			}
			return Optional.of(claim.substring(0, claim.lastIndexOf('/') + 1) + draft);
		}
		finally {
			this.channel.closeQuietly(handle);
		}
	}

	private String claim(int number) {
		return this.claims + number + ".claim";
	}

	/** Of a version that is gone for good. */
	private void forget(int taken) throws IOException {
		for (int number = taken; number >= 1; number--) {
			removeQuietly(claim(number));
		}
	}

	private void removeQuietly(String path) throws IOException {
		try {
			this.channel.remove(path);
		}
		catch (SftpException ex) {
			// it is gone already, or stays and does no harm
		}
	}

	private void pause() throws InterruptedIOException {
		try {
			Thread.sleep(PAUSE.toMillis());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new InterruptedIOException("interrupted while another replaces " + this.name);
		}
	}

}
