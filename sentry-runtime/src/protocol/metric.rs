//! Metrics in the protocol: one measured value with its type, unit, attributes and trace.
//!
//! Spec: [metrics](https://develop.sentry.dev/sdk/telemetry/metrics/),
//! [units](https://develop.sentry.dev/sdk/telemetry/attributes/).

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Map;
use super::attribute::{AttributeValue, read_typed, typed};
use super::ids::{SpanId, TraceId};

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricType {
    /// A count of occurrences: values are added up.
    Counter,
    /// An amount at a point in time.
    Gauge,
    /// Measured values whose distribution matters.
    Distribution,
}

impl MetricType {
    /// Returns the name in the protocol.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Distribution => "distribution",
        }
    }
}

/// The value of a metric: an integer or a floating-point number.
///
/// ```
/// use sentry::protocol::MetricValue;
///
/// assert_eq!(MetricValue::from(3_u8), MetricValue::Integer(3));
/// assert_eq!(MetricValue::from(u64::MAX), MetricValue::Double(u64::MAX as f64));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MetricValue {
    /// An integer.
    Integer(i64),
    /// A floating-point number. A metric whose value is not finite is not sent.
    Double(f64),
}

/// Writes the number.
///
/// ```
/// use sentry::protocol::MetricValue;
///
/// assert_eq!(MetricValue::Integer(3).to_string(), "3");
/// assert_eq!(MetricValue::Double(1.5).to_string(), "1.5");
/// ```
impl fmt::Display for MetricValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Double(value) => value.fmt(f),
        }
    }
}

impl MetricValue {
    /// Returns whether the value is finite, so that it can be sent.
    pub(crate) fn is_finite(self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Double(value) => value.is_finite(),
        }
    }
}

macro_rules! from {
    ($($ty:ty => |$value:ident| $make:expr;)*) => {$(
        impl From<$ty> for MetricValue {
            #[inline]
            fn from($value: $ty) -> Self {
                $make
            }
        }
    )*};
}

from! {
    i8 => |value| Self::Integer(value.into());
    i16 => |value| Self::Integer(value.into());
    i32 => |value| Self::Integer(value.into());
    i64 => |value| Self::Integer(value);
    isize => |value| Self::Integer(value as i64);
    u8 => |value| Self::Integer(value.into());
    u16 => |value| Self::Integer(value.into());
    u32 => |value| Self::Integer(value.into());
    u64 => |value| i64::try_from(value).map_or(Self::Double(value as f64), Self::Integer);
    usize => |value| Self::from(value as u64);
    f32 => |value| Self::Double(value.into());
    f64 => |value| Self::Double(value);
}

macro_rules! units {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The unit of a gauge or a distribution. Units that Sentry converts have a variant; all others are strings.
        ///
        /// ```
        /// use sentry::protocol::Unit;
        ///
        /// assert_eq!(Unit::from("millisecond"), Unit::Millisecond);
        /// assert_eq!(Unit::from("lamp").as_str(), "lamp");
        /// ```
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Unit {
            $($(#[$doc])* $variant,)*
            /// Any other unit, by its name.
            Other(Cow<'static, str>),
        }

        impl Unit {
            /// Returns the name in the protocol.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<Cow<'static, str>> for Unit {
            fn from(name: Cow<'static, str>) -> Self {
                match &*name {
                    $($name => Self::$variant,)*
                    _ => Self::Other(name),
                }
            }
        }
    };
}

units! {
    /// Billionths of a second.
    Nanosecond = "nanosecond",
    /// Millionths of a second.
    Microsecond = "microsecond",
    /// Thousandths of a second.
    Millisecond = "millisecond",
    /// Seconds.
    Second = "second",
    /// Minutes.
    Minute = "minute",
    /// Hours.
    Hour = "hour",
    /// Days.
    Day = "day",
    /// Weeks.
    Week = "week",
    /// Bits.
    Bit = "bit",
    /// Bytes.
    Byte = "byte",
    /// 1000 bytes.
    Kilobyte = "kilobyte",
    /// 1024 bytes.
    Kibibyte = "kibibyte",
    /// 1000 kilobytes.
    Megabyte = "megabyte",
    /// 1024 kibibytes.
    Mebibyte = "mebibyte",
    /// 1000 megabytes.
    Gigabyte = "gigabyte",
    /// 1024 mebibytes.
    Gibibyte = "gibibyte",
    /// 1000 gigabytes.
    Terabyte = "terabyte",
    /// 1024 gibibytes.
    Tebibyte = "tebibyte",
    /// 1000 terabytes.
    Petabyte = "petabyte",
    /// 1024 tebibytes.
    Pebibyte = "pebibyte",
    /// 1000 petabytes.
    Exabyte = "exabyte",
    /// 1024 pebibytes.
    Exbibyte = "exbibyte",
    /// A fraction: 1 is the whole.
    Ratio = "ratio",
    /// A percentage: 100 is the whole.
    Percent = "percent",
}

impl From<&'static str> for Unit {
    fn from(name: &'static str) -> Self {
        Cow::Borrowed(name).into()
    }
}

impl From<String> for Unit {
    fn from(name: String) -> Self {
        Cow::<'static, str>::Owned(name).into()
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// A metric, as the option `before_send_metric` receives it and as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metric {
    /// The time of the measurement.
    #[serde(serialize_with = "super::time::as_seconds", deserialize_with = "super::time::from_seconds")]
    pub timestamp: SystemTime,
    /// The trace.
    pub trace_id: TraceId,
    /// The span that was active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<SpanId>,
    /// The name of the metric, such as `api.response_time`.
    pub name: Cow<'static, str>,
    /// The type.
    #[serde(rename = "type")]
    pub ty: MetricType,
    /// The value.
    pub value: MetricValue,
    /// The unit of the value. Counters do not have a unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Attributes, by name.
    #[serde(serialize_with = "typed", deserialize_with = "read_typed")]
    pub attributes: Map<Cow<'static, str>, AttributeValue>,
}
