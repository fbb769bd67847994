package org.litestream4j.boot.jdbc;

import java.io.InputStream;
import java.io.Reader;
import java.math.BigDecimal;
import java.net.URL;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Date;
import java.sql.NClob;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.Ref;
import java.sql.ResultSetMetaData;
import java.sql.RowId;
import java.sql.SQLException;
import java.sql.SQLType;
import java.sql.SQLXML;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.Calendar;

/**
 * The methods of a prepared statement that have nothing to do with commits.
 */
abstract class DelegatingPreparedStatement extends SignallingStatement implements PreparedStatement {

	private final PreparedStatement statement;

	DelegatingPreparedStatement(PreparedStatement statement, SignallingConnection connection) {
		super(statement, connection);
		this.statement = statement;
	}

	@Override
	public void addBatch() throws SQLException {
		this.statement.addBatch();
	}

	@Override
	public void clearParameters() throws SQLException {
		this.statement.clearParameters();
	}

	@Override
	public ResultSetMetaData getMetaData() throws SQLException {
		return this.statement.getMetaData();
	}

	@Override
	public ParameterMetaData getParameterMetaData() throws SQLException {
		return this.statement.getParameterMetaData();
	}

	@Override
	public void setArray(int parameter, Array value) throws SQLException {
		this.statement.setArray(parameter, value);
	}

	@Override
	public void setAsciiStream(int parameter, InputStream value) throws SQLException {
		this.statement.setAsciiStream(parameter, value);
	}

	@Override
	public void setAsciiStream(int parameter, InputStream value, int length) throws SQLException {
		this.statement.setAsciiStream(parameter, value, length);
	}

	@Override
	public void setAsciiStream(int parameter, InputStream value, long length) throws SQLException {
		this.statement.setAsciiStream(parameter, value, length);
	}

	@Override
	public void setBigDecimal(int parameter, BigDecimal value) throws SQLException {
		this.statement.setBigDecimal(parameter, value);
	}

	@Override
	public void setBinaryStream(int parameter, InputStream value) throws SQLException {
		this.statement.setBinaryStream(parameter, value);
	}

	@Override
	public void setBinaryStream(int parameter, InputStream value, int length) throws SQLException {
		this.statement.setBinaryStream(parameter, value, length);
	}

	@Override
	public void setBinaryStream(int parameter, InputStream value, long length) throws SQLException {
		this.statement.setBinaryStream(parameter, value, length);
	}

	@Override
	public void setBlob(int parameter, InputStream value) throws SQLException {
		this.statement.setBlob(parameter, value);
	}

	@Override
	public void setBlob(int parameter, Blob value) throws SQLException {
		this.statement.setBlob(parameter, value);
	}

	@Override
	public void setBlob(int parameter, InputStream value, long length) throws SQLException {
		this.statement.setBlob(parameter, value, length);
	}

	@Override
	public void setBoolean(int parameter, boolean value) throws SQLException {
		this.statement.setBoolean(parameter, value);
	}

	@Override
	public void setByte(int parameter, byte value) throws SQLException {
		this.statement.setByte(parameter, value);
	}

	@Override
	public void setBytes(int parameter, byte[] value) throws SQLException {
		this.statement.setBytes(parameter, value);
	}

	@Override
	public void setCharacterStream(int parameter, Reader value) throws SQLException {
		this.statement.setCharacterStream(parameter, value);
	}

	@Override
	public void setCharacterStream(int parameter, Reader value, int length) throws SQLException {
		this.statement.setCharacterStream(parameter, value, length);
	}

	@Override
	public void setCharacterStream(int parameter, Reader value, long length) throws SQLException {
		this.statement.setCharacterStream(parameter, value, length);
	}

	@Override
	public void setClob(int parameter, Reader value) throws SQLException {
		this.statement.setClob(parameter, value);
	}

	@Override
	public void setClob(int parameter, Clob value) throws SQLException {
		this.statement.setClob(parameter, value);
	}

	@Override
	public void setClob(int parameter, Reader value, long length) throws SQLException {
		this.statement.setClob(parameter, value, length);
	}

	@Override
	public void setDate(int parameter, Date value) throws SQLException {
		this.statement.setDate(parameter, value);
	}

	@Override
	public void setDate(int parameter, Date value, Calendar calendar) throws SQLException {
		this.statement.setDate(parameter, value, calendar);
	}

	@Override
	public void setDouble(int parameter, double value) throws SQLException {
		this.statement.setDouble(parameter, value);
	}

	@Override
	public void setFloat(int parameter, float value) throws SQLException {
		this.statement.setFloat(parameter, value);
	}

	@Override
	public void setInt(int parameter, int value) throws SQLException {
		this.statement.setInt(parameter, value);
	}

	@Override
	public void setLong(int parameter, long value) throws SQLException {
		this.statement.setLong(parameter, value);
	}

	@Override
	public void setNCharacterStream(int parameter, Reader value) throws SQLException {
		this.statement.setNCharacterStream(parameter, value);
	}

	@Override
	public void setNCharacterStream(int parameter, Reader value, long length) throws SQLException {
		this.statement.setNCharacterStream(parameter, value, length);
	}

	@Override
	public void setNClob(int parameter, Reader value) throws SQLException {
		this.statement.setNClob(parameter, value);
	}

	@Override
	public void setNClob(int parameter, NClob value) throws SQLException {
		this.statement.setNClob(parameter, value);
	}

	@Override
	public void setNClob(int parameter, Reader value, long length) throws SQLException {
		this.statement.setNClob(parameter, value, length);
	}

	@Override
	public void setNString(int parameter, String value) throws SQLException {
		this.statement.setNString(parameter, value);
	}

	@Override
	public void setNull(int parameter, int value) throws SQLException {
		this.statement.setNull(parameter, value);
	}

	@Override
	public void setNull(int parameter, int value, String typeName) throws SQLException {
		this.statement.setNull(parameter, value, typeName);
	}

	@Override
	public void setObject(int parameter, Object value) throws SQLException {
		this.statement.setObject(parameter, value);
	}

	@Override
	public void setObject(int parameter, Object value, int type) throws SQLException {
		this.statement.setObject(parameter, value, type);
	}

	@Override
	public void setObject(int parameter, Object value, SQLType type) throws SQLException {
		this.statement.setObject(parameter, value, type);
	}

	@Override
	public void setObject(int parameter, Object value, int type, int scale) throws SQLException {
		this.statement.setObject(parameter, value, type, scale);
	}

	@Override
	public void setObject(int parameter, Object value, SQLType type, int scale) throws SQLException {
		this.statement.setObject(parameter, value, type, scale);
	}

	@Override
	public void setRef(int parameter, Ref value) throws SQLException {
		this.statement.setRef(parameter, value);
	}

	@Override
	public void setRowId(int parameter, RowId value) throws SQLException {
		this.statement.setRowId(parameter, value);
	}

	@Override
	public void setSQLXML(int parameter, SQLXML value) throws SQLException {
		this.statement.setSQLXML(parameter, value);
	}

	@Override
	public void setShort(int parameter, short value) throws SQLException {
		this.statement.setShort(parameter, value);
	}

	@Override
	public void setString(int parameter, String value) throws SQLException {
		this.statement.setString(parameter, value);
	}

	@Override
	public void setTime(int parameter, Time value) throws SQLException {
		this.statement.setTime(parameter, value);
	}

	@Override
	public void setTime(int parameter, Time value, Calendar calendar) throws SQLException {
		this.statement.setTime(parameter, value, calendar);
	}

	@Override
	public void setTimestamp(int parameter, Timestamp value) throws SQLException {
		this.statement.setTimestamp(parameter, value);
	}

	@Override
	public void setTimestamp(int parameter, Timestamp value, Calendar calendar) throws SQLException {
		this.statement.setTimestamp(parameter, value, calendar);
	}

	@Override
	public void setURL(int parameter, URL value) throws SQLException {
		this.statement.setURL(parameter, value);
	}

	@Override
	@Deprecated
	public void setUnicodeStream(int parameter, InputStream value, int length) throws SQLException {
		this.statement.setUnicodeStream(parameter, value, length);
	}

}
