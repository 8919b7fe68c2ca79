//! The logger's macros: one public macro per level, and two internal ones that read the attributes and bind the
//! arguments of the text, each evaluated once.

/// Reads the attributes one by one, then passes on to [`__sentry_log_text`].
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_log {
    ($level:ident [$($set:tt)*] $key:ident $(. $more:ident)* = $value:tt, $($rest:tt)+) => {
        $crate::__sentry_log!($level [
            $($set)* ((::core::concat!(::core::stringify!($key) $(, ".", ::core::stringify!($more))*)) $value)
        ] $($rest)+)
    };
    ($level:ident [$($set:tt)*] $key:ident $(. $more:ident)* = $value:expr, $($rest:tt)+) => {
        $crate::__sentry_log!($level [
            $($set)* ((::core::concat!(::core::stringify!($key) $(, ".", ::core::stringify!($more))*)) ($value))
        ] $($rest)+)
    };
    ($level:ident [$($set:tt)*] $key:literal = $value:tt, $($rest:tt)+) => {
        $crate::__sentry_log!($level [$($set)* (($key) $value)] $($rest)+)
    };
    ($level:ident [$($set:tt)*] $key:literal = $value:expr, $($rest:tt)+) => {
        $crate::__sentry_log!($level [$($set)* (($key) ($value))] $($rest)+)
    };
    ($level:ident [$((($key:expr) $value:tt))*] $text:literal $(, $($arguments:tt)*)?) => {
        if let ::core::option::Option::Some(mut log) =
            $crate::__private::log::open($crate::protocol::LogLevel::$level)
        {
            $(log.set($key, $crate::__sentry_log_value!($value));)*
            $crate::__sentry_log_text!(log $text [] $($($arguments)*)?,)
        }
    };
}

/// Converts a value to an attribute: a literal is not copied, any other value is moved.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_log_value {
    ($value:literal) => {
        $crate::__private::AttributeLiteral::into_attribute($value)
    };
    ($value:expr) => {
        $crate::__private::made_attribute!($value)
    };
}

/// Binds the arguments of the text one by one, then records the text.
#[doc(hidden)]
#[macro_export]
macro_rules! __sentry_log_text {
    ($log:ident $text:literal [$(($($name:ident)?; $argument:expr))*] $(,)*) => {{
        const PLAIN: bool = $crate::__private::log::is_plain(
            $text,
            &[$(::core::concat!("" $(, ::core::stringify!($name))?)),*],
        );
        $($log.parameter(
            ::core::concat!("" $(, ::core::stringify!($name))?),
            $crate::__sentry_log_parameter!(&$argument),
        );)*
        if PLAIN && $log.can_wait() {
            $log.template($text);
        } else {
            $log.text($text, ::core::format_args!($text, $($($name =)? $argument),*));
        }
    }};
    ($log:ident $text:literal [$($bound:tt)*] $name:ident = $next:tt, $($rest:tt)*) => {
        $crate::__sentry_log_text!(@one $log $text [$($bound)*] $name ($next) $($rest)*)
    };
    ($log:ident $text:literal [$($bound:tt)*] $name:ident = $next:expr, $($rest:tt)*) => {
        $crate::__sentry_log_text!(@one $log $text [$($bound)*] $name (($next)) $($rest)*)
    };
    ($log:ident $text:literal [$($bound:tt)*] $next:tt, $($rest:tt)*) => {
        $crate::__sentry_log_text!(@one $log $text [$($bound)*] ($next) $($rest)*)
    };
    ($log:ident $text:literal [$($bound:tt)*] $next:expr, $($rest:tt)*) => {
        $crate::__sentry_log_text!(@one $log $text [$($bound)*] (($next)) $($rest)*)
    };
    (@one $log:ident $text:literal [$($bound:tt)*] $($name:ident)? ($next:literal) $($rest:tt)*) => {
        $crate::__sentry_log_text!($log $text [$($bound)* ($($name)?; $next)] $($rest)*)
    };
    // A fresh name in every round, so that no two arguments collide.
    (@one $log:ident $text:literal [$($bound:tt)*] $($name:ident)? ($next:expr) $($rest:tt)*) => {
        match &$next {
            argument => $crate::__sentry_log_text!($log $text [$($bound)* ($($name)?; *argument)] $($rest)*),
        }
    };
}

/// Writes a log of level `trace`. Syntax and limits: [`logger`](mod@crate::capture::logger).
///
/// ```
/// sentry::logger_trace!(rows = 3, "the cache was asked");
/// ```
#[macro_export]
macro_rules! logger_trace {
    ($($log:tt)+) => { $crate::__sentry_log!(Trace [] $($log)+) };
}

/// Writes a log of level `debug`. Syntax and limits: [`logger`](mod@crate::capture::logger).
///
/// ```
/// sentry::logger_debug!("{} rows", 3);
/// ```
#[macro_export]
macro_rules! logger_debug {
    ($($log:tt)+) => { $crate::__sentry_log!(Debug [] $($log)+) };
}

/// Writes a log of level `info`. Syntax and limits: [`logger`](mod@crate::capture::logger).
///
/// ```
/// sentry::logger_info!("the shop is open");
/// ```
#[macro_export]
macro_rules! logger_info {
    ($($log:tt)+) => { $crate::__sentry_log!(Info [] $($log)+) };
}

/// Writes a log of level `warn`. Syntax and limits: [`logger`](mod@crate::capture::logger).
///
/// ```
/// sentry::logger_warn!("{left} lamps left", left = 2);
/// ```
#[macro_export]
macro_rules! logger_warn {
    ($($log:tt)+) => { $crate::__sentry_log!(Warn [] $($log)+) };
}

/// Writes a log of level `error`. Syntax and limits: [`logger`](mod@crate::capture::logger).
///
/// ```
/// sentry::logger_error!("order.id" = 1002, "not paid");
/// ```
#[macro_export]
macro_rules! logger_error {
    ($($log:tt)+) => { $crate::__sentry_log!(Error [] $($log)+) };
}

/// Writes a log of level `fatal`. Syntax and limits: [`logger`](mod@crate::capture::logger).
///
/// ```
/// sentry::logger_fatal!("the disk is full");
/// ```
#[macro_export]
macro_rules! logger_fatal {
    ($($log:tt)+) => { $crate::__sentry_log!(Fatal [] $($log)+) };
}
