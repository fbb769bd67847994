package org.litestream4j.store.sftp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;

import org.apache.sshd.common.file.virtualfs.VirtualFileSystemFactory;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.keyboard.DefaultKeyboardInteractiveAuthenticator;
import org.apache.sshd.server.auth.keyboard.UserAuthKeyboardInteractiveFactory;
import org.apache.sshd.server.auth.password.PasswordAuthenticator;
import org.apache.sshd.server.keyprovider.SimpleGeneratorHostKeyProvider;
import org.apache.sshd.sftp.server.SftpSubsystemFactory;

/**
 * Another SFTP server than OpenSSH's, which takes passwords: those of the machine's
 * accounts are not for tests.
 */
final class MinaServer implements AutoCloseable {

	static final String PASSWORD = "planted-secret";

	private final SshServer server;

	MinaServer(Path directory, Login login, Subsystem subsystem) throws IOException {
		this.server = SshServer.setUpDefaultServer();
		this.server.setHost(InetAddress.getLoopbackAddress().getHostAddress());
		this.server.setPort(0);
		SimpleGeneratorHostKeyProvider keys = new SimpleGeneratorHostKeyProvider();
		keys.setAlgorithm("EC");
		this.server.setKeyPairProvider(keys);
		PasswordAuthenticator passwords = (user, password, session) -> user.equals("joe") && password.equals(PASSWORD);
		if (login == Login.PASSWORD) {
			this.server.setPasswordAuthenticator(passwords);
		}
		else {
			this.server.setPasswordAuthenticator(passwords);
			this.server.setKeyboardInteractiveAuthenticator(DefaultKeyboardInteractiveAuthenticator.INSTANCE);
			this.server.setUserAuthFactories(List.of(UserAuthKeyboardInteractiveFactory.INSTANCE));
		}
		this.server.setFileSystemFactory(new VirtualFileSystemFactory(directory));
		if (subsystem == Subsystem.SFTP) {
			this.server.setSubsystemFactories(List.of(new SftpSubsystemFactory()));
		}
		this.server.start();
	}

	InetSocketAddress address() {
		return new InetSocketAddress(InetAddress.getLoopbackAddress(), this.server.getPort());
	}

	@Override
	public void close() throws IOException {
		this.server.stop(true);
	}

	/** How one logs in. */
	enum Login {

		PASSWORD, KEYBOARD

	}

	/** What is offered. */
	enum Subsystem {

		SFTP, NONE

	}

}
