package org.litestream4j.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import org.litestream4j.history.diff.Moment;

/** Reads the name of a state. */
final class MomentConverter implements ITypeConverter<Moment> {

	@Override
	public Moment convert(String value) {
		try {
			return Moment.of(value);
		}
		catch (IllegalArgumentException ex) {
			throw new TypeConversionException(String.valueOf(ex.getMessage()));
		}
	}

}
