-- Which meters are peaks: those alone need their hours told apart when usage is summed.
create index installation_meters_of_peaks on installation_meters (name) where aggregation = 'max';
