package org.litestream4j.engine;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** What this process is called for people who look at a lock file. */
final class Owner {

	private Owner() {
	}

	/** The machine's name, or what a container is told instead, and the process. */
	static String name() {
		return "%s:%d".formatted(host(), ProcessHandle.current().pid());
	}

	private static String host() {
		String name = System.getenv("HOSTNAME");
		if (name != null && !name.isBlank()) {
			return name;
		}
		try {
			return InetAddress.getLocalHost().getHostName();
		}
		catch (UnknownHostException ex) {
			return "unknown";
		}
	}

}
